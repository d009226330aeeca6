// Tiny models, data and runs for tests.
import { RunFolder } from '@lilformer/checkpoints';
import { arraySource, slidingWindows, splitTokens, type Windows } from '@lilformer/datasets';
import type { tf } from '@lilformer/engine';
import { Dropout, type Embedding, Module } from '@lilformer/layers';
import { createModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoneEvent, EvaluationEvent, StepEvent, TrainingEvent } from '../events.js';
import type { TrainOptions } from '../loop/options.js';
import { train } from '../loop/train.js';

const VOCABULARY = 13;

const CONFIGS = {
  bigram: { type: 'bigram', vocabSize: VOCABULARY, dModel: 8 },
  attention: { type: 'transformer', vocabSize: VOCABULARY, dModel: 8, dFf: 16, contextLength: 6 },
  moe: {
    type: 'moe-transformer',
    vocabSize: VOCABULARY,
    dModel: 8,
    dFf: 8,
    nLayers: 1,
    nHeads: 2,
    nExperts: 2,
    contextLength: 6,
  },
  tied: {
    type: 'tied-transformer',
    vocabSize: VOCABULARY,
    dModel: 8,
    nLayers: 1,
    nHeads: 2,
    contextLength: 6,
  },
  gpt2: {
    type: 'gpt2',
    vocabSize: VOCABULARY,
    nEmbd: 8,
    nLayer: 1,
    nHead: 2,
    nPositions: 6,
    embdPdrop: 0.1,
    attnPdrop: 0.2,
    residPdrop: 0.3,
  },
  'per-head': {
    type: 'char-gpt',
    vocabSize: VOCABULARY,
    dModel: 8,
    nLayers: 1,
    nHeads: 2,
    contextLength: 6,
    dropout: 0.3,
    attentionScale: 'width',
  },
} as const satisfies Record<string, ModelConfig>;

export function tinyModel(kind: keyof typeof CONFIGS | 'dropout' = 'bigram', seed = 1): LanguageModel {
  const random = new Random(seed).split('weights');
  if (kind !== 'dropout') return createModel(CONFIGS[kind], random);
  const model = tinyModel('bigram', seed) as LanguageModel & { readonly embedding: Embedding };
  const embedding = new DroppedEmbedding(model.embedding, new Dropout(0.3, random));
  return Object.assign(model, { embedding });
}

/** An embedding with dropout on its output. */
class DroppedEmbedding extends Module {
  constructor(
    readonly table: Embedding,
    readonly drop: Dropout,
  ) {
    super();
  }

  forward(ids: tf.Tensor2D): tf.Tensor3D {
    return this.drop.forward(this.table.forward(ids));
  }
}

/** Token ids that mostly count upwards. */
export function tinyTokens(count: number, seed = 5): number[] {
  const random = new Random(seed);
  const ids = [0];
  while (ids.length < count) {
    const next = random.uniform() < 0.8 ? ids.at(-1)! + 1 : random.integer(VOCABULARY);
    ids.push(next % VOCABULARY);
  }
  return ids;
}

/** Windows to train and to validate on: about 48 and 12 of length 6. */
export function tinyWindows(count = 72): { train: Windows; validation: Windows } {
  const [first, rest] = splitTokens(arraySource(tinyTokens(count)), 0.75);
  return { train: slidingWindows(first, 6), validation: slidingWindows(rest, 6) };
}

/** A new run folder in the temporary folder. */
export async function newFolder(): Promise<RunFolder> {
  const path = join(mkdtempSync(join(tmpdir(), 'lilformer-training-')), 'run');
  return RunFolder.create(path, { config: { test: true }, tokenizer: { type: 'none' } });
}

/** Closes a run folder and resumes it, as a new process would. */
export async function reopen(folder: RunFolder): Promise<RunFolder> {
  await folder.close();
  return RunFolder.resume(folder.path);
}

/** All events of a run; its signal is aborted as soon as `stop` returns true. */
export async function runToEnd(
  options: TrainOptions,
  stop: (event: TrainingEvent) => boolean = () => false,
): Promise<Events> {
  const controller = new AbortController();
  const events: TrainingEvent[] = [];
  for await (const event of train({ signal: controller.signal, ...options })) {
    events.push(event);
    if (stop(event)) controller.abort();
  }
  return new Events(events);
}

/** Events of a run, by kind. */
export class Events {
  constructor(readonly all: readonly TrainingEvent[]) {}

  get steps(): StepEvent[] {
    return this.all.filter((event) => event.type === 'step');
  }

  get evaluations(): EvaluationEvent[] {
    return this.all.filter((event) => event.type === 'evaluation');
  }

  get done(): DoneEvent {
    const last = this.all.at(-1);
    if (last?.type !== 'done') throw new Error(`the last event is ${last?.type}`);
    return last;
  }

  get losses(): number[] {
    return this.steps.map(({ loss }) => loss);
  }
}

/** An event without its times, which differ between equal runs. */
export function timeless(event: object): Record<string, unknown> {
  const { elapsed: _, eta: __, tokensPerSecond: ___, ...rest } = event as Record<string, unknown>;
  return rest;
}

/** The contents of a run folder, without times. */
export async function traces(folder: RunFolder): Promise<unknown> {
  const { tensors, state } = (await folder.loadState())!;
  const best = (await folder.loadBest())!;
  return {
    tensors: Object.fromEntries(tensors),
    state: timeless(state),
    best: [Object.fromEntries(best.tensors), best.info],
    metrics: (await folder.readMetrics()).map(timeless),
  };
}
