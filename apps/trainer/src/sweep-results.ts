// What a finished run came to, read from its folder.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFolder } from '@lilformer/checkpoints';
import { flopsFormulas } from '@lilformer/evaluation';
import { modelCosts, type ModelConfig } from '@lilformer/models';
import type { DoneEvent, EvaluationEvent, StepEvent, TrainingEvent } from '@lilformer/training';
import { median } from './median.js';
import { loadResult } from './result.js';
import { stabilityOf, type Stability } from './stability.js';
import type { SweepRun } from './sweep.js';

export interface SweepResult {
  readonly run: SweepRun;
  readonly path: string;
  readonly parameters: number;
  readonly steps: number;
  readonly epochs: number;
  /** Trained on, repeated ones counted again. */
  readonly tokens: number;
  /** Operations of the products that training took, forward and back. */
  readonly flops: number;
  /** Most memory that its process has had, in bytes. */
  readonly peakMemory: number;
  /** What computed, in words. */
  readonly engine: string;
  readonly reason: DoneEvent['reason'];
  /** Loss of batches trained on, step by step. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  /** Absent when the log has too few lines. */
  readonly stability?: Stability;
  readonly evaluations: readonly EvaluationEvent[];
  /** The last evaluation. */
  readonly last: EvaluationEvent;
  /** The evaluation whose weights were kept. */
  readonly best: EvaluationEvent;
  readonly seconds: number;
  /** Median rate of training. */
  readonly tokensPerSecond: number;
  /** Seconds that 100 steps take at this rate, evaluations not counted. */
  readonly secondsPer100Steps: number;
  /** What it wrote when it was trained. */
  readonly sample: string | undefined;
}

/** @throws Error when the run has not come to its end or was never evaluated */
export async function readResult(run: SweepRun, path: string): Promise<SweepResult> {
  const folder = await RunFolder.open(path);
  const events = (await folder.readMetrics()) as unknown as TrainingEvent[];
  const ofType = <T extends TrainingEvent['type']>(type: T) =>
    events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
  const done = await loadResult(path);
  const evaluations = ofType('evaluation');
  const last = evaluations.at(-1);
  if (!done || !last) throw new Error(`${path}: expected a run that was evaluated and has ended`);
  const steps = ofType('step');
  const { batchSize, context, accumulate } = run.settings;
  const { model } = folder.config as unknown as { model: ModelConfig };
  const aWindow = flopsFormulas(modelCosts(model), context).train.value;
  const tokensPerSecond = median(steps.map((event: StepEvent) => event.tokensPerSecond));
  return {
    run,
    path,
    parameters: done.parameters,
    peakMemory: done.peakMemory,
    engine: done.engine,
    steps: done.step,
    epochs: done.epoch,
    tokens: done.tokens,
    flops: (aWindow * done.tokens) / context,
    reason: done.reason,
    losses: steps.map(({ step, loss }) => ({ step, loss })),
    stability: stabilityOf(steps, run.settings.clip),
    evaluations,
    last,
    best: evaluations.reduce((best, event) => (event.validationLoss < best.validationLoss ? event : best)),
    seconds: done.elapsed,
    tokensPerSecond,
    secondsPer100Steps: (100 * batchSize * context * accumulate) / tokensPerSecond,
    sample: await lastSample(path),
  };
}

async function lastSample(path: string): Promise<string | undefined> {
  const text = await readFile(join(path, 'samples.txt'), 'utf8').catch(() => '');
  return text.split('--- after training\n').at(1) === undefined
    ? undefined
    : text.split('--- after training\n').at(-1)!.trimEnd();
}
