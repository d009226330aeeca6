// The results of a finished run, read from its folder.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFolder } from '@lilformer/checkpoints';
import type { ModelConfig } from '@lilformer/models';
import type { DoneEvent, EvaluationEvent, StepEvent, TrainingEvent } from '@lilformer/training';
import { median } from './median.js';
import { BUSY } from '../../machine-load.js';
import { loadResult, type RunResult } from '../train/result.js';
import { stabilityOf, type Stability } from './stability.js';
import type { SweepRun } from './sweep.js';
import { trainingFlopsPerToken } from './training-flops.js';

export interface SweepResult {
  readonly run: SweepRun;
  readonly path: string;
  readonly parameters: number;
  readonly steps: number;
  readonly epochs: number;
  /** Tokens trained on, repetitions included. */
  readonly tokens: number;
  /** FLOPs of the matrix products of training, forward and backward; absent for a model without costs. */
  readonly flops?: number;
  /** Peak memory of its process, in bytes. */
  readonly peakMemory: number;
  /** Description of the engine. */
  readonly engine: string;
  readonly reason: DoneEvent['reason'];
  /** Loss of training batches at the logged steps. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  /** Absent with too few logged steps. */
  readonly stability?: Stability;
  readonly evaluations: readonly EvaluationEvent[];
  /** The last evaluation. */
  readonly last: EvaluationEvent;
  /** The evaluation whose weights were kept. */
  readonly best: EvaluationEvent;
  readonly seconds: number;
  /** Median over the logged steps; absent without any. */
  readonly tokensPerSecond?: number;
  /** Seconds per 100 steps at this rate, without evaluations. */
  readonly secondsPer100Steps?: number;
  /** Load average of the machine before and after its last session. */
  readonly load?: RunResult['load'];
  /** Sample after training. */
  readonly sample: string | undefined;
}

/** Reads the results. @throws Error when the run has not ended or was never evaluated */
export async function readResult(run: SweepRun, path: string): Promise<SweepResult> {
  const folder = await RunFolder.open(path);
  const events = (await folder.readMetrics()) as unknown as TrainingEvent[];
  const ofType = <T extends TrainingEvent['type']>(type: T) =>
    events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
  const done = await loadResult(path);
  const evaluations = ofType('evaluation');
  const last = evaluations.at(-1);
  if (!done || !last)
    throw new Error(`${path}: has not ended or was not evaluated. Expected a finished run.`);
  const steps = ofType('step');
  const { batchSize, contextLength, gradientAccumulationSteps, maxGradNorm } = run.settings;
  const { model } = folder.config as unknown as { model: ModelConfig };
  const rates = steps.map((event: StepEvent) => event.tokensPerSecond);
  const tokensPerSecond = rates.length > 0 ? median(rates) : undefined;
  const flopsPerToken = trainingFlopsPerToken(model, contextLength);
  return {
    run,
    path,
    parameters: done.parameters,
    peakMemory: done.peakMemory,
    engine: done.engine,
    steps: done.step,
    epochs: done.epoch,
    tokens: done.tokens,
    flops: flopsPerToken && flopsPerToken * done.tokens,
    reason: done.reason,
    losses: steps.map(({ step, loss }) => ({ step, loss })),
    stability: stabilityOf(steps, maxGradNorm),
    evaluations,
    last,
    best: evaluations.reduce((best, event) => (event.validationLoss < best.validationLoss ? event : best)),
    seconds: done.elapsed,
    tokensPerSecond,
    secondsPer100Steps:
      tokensPerSecond && (100 * batchSize * contextLength * gradientAccumulationSteps) / tokensPerSecond,
    load: done.load,
    sample: await lastSample(path),
  };
}

/** Whether the run had the machine to itself, so that its times mean something: nothing else ran before or beside it. */
export function isQuiet({ load, run }: Pick<SweepResult, 'load' | 'run'>): boolean {
  return load !== undefined && load.before < BUSY && load.after < (run.settings.threads ?? 1) + BUSY / 2;
}

async function lastSample(path: string): Promise<string | undefined> {
  const file = join(path, 'samples.txt');
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const [, ...samples] = text.split('--- after training\n');
  return samples.at(-1)?.trimEnd();
}
