// Runs with every kind of state that a resume could lose, and their interruption.
import type { RunFolder } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import type { TrainingEvent } from '../events.js';
import type { TrainOptions } from '../loop/options.js';
import { type Events, newFolder, reopen, runToEnd, timeless, tinyModel, tinyWindows } from './tiny.js';

/** Kinds of runs; together they have every kind of state. */
export const RUNS = {
  'AdamW, cosine, accumulation, clipping': {
    model: 'attention',
    options: {
      maxSteps: 20,
      batchSize: 4,
      gradientAccumulationSteps: 2,
      maxGradNorm: 0.5,
      schedule: { type: 'cosine', learningRate: 0.02, warmupSteps: 4 },
      evalEvery: 6,
      logEvery: 2,
    },
  },
  'SGD with momentum, plateau, epochs, early stopping, dropout': {
    model: 'dropout',
    options: {
      maxEpochs: 30,
      optimizer: { type: 'sgd', momentum: 0.9, weightDecay: 1e-3 },
      schedule: { type: 'plateau', learningRate: 2, factor: 0.5, patience: 0, cooldown: 1 },
      earlyStoppingPatience: 2,
      evalEvery: 'epoch',
      evalAtStart: true,
      logEvery: 3,
    },
  },
  'Adam, random windows, evaluation on random batches': {
    model: 'moe',
    options: {
      maxSteps: 14,
      batchSize: 4,
      order: 'random',
      optimizer: { type: 'adam', weightDecay: 0.01 },
      schedule: 0.01,
      evalEvery: 4,
      evalBatches: 3,
      evalAtStart: true,
      logEvery: 1,
    },
  },
  'AdamW, random windows, blocks with dropout': {
    model: 'per-head',
    options: {
      maxSteps: 8,
      batchSize: 4,
      order: 'random',
      schedule: 0.01,
      evalEvery: 2,
      evalBatches: 2,
      logEvery: 1,
    },
  },
  'AdamW, GPT-2, with transposed weights in files': {
    model: 'gpt2',
    options: {
      maxSteps: 8,
      batchSize: 4,
      schedule: 0.01,
      evalEvery: 2,
      evalBatches: 2,
      logEvery: 1,
    },
  },
} as const satisfies Record<
  string,
  { model: Parameters<typeof tinyModel>[0]; options: Partial<TrainOptions> }
>;

export type Kind = keyof typeof RUNS;

export function optionsOf(
  kind: Kind,
  folder: RunFolder,
  overrides: Partial<TrainOptions> = {},
): TrainOptions {
  const { train, validation } = tinyWindows();
  const { model, options } = RUNS[kind];
  return {
    model: tinyModel(model),
    train,
    validation,
    batchSize: 8,
    seed: 'resume',
    folder,
    saveEvery: Infinity,
    ...options,
    ...overrides,
  } as TrainOptions;
}

/** Steps and evaluations of all sessions of a run, without times. */
export const logged = (sessions: readonly Events[]): unknown =>
  sessions
    .flatMap(({ all }) => all)
    .filter(({ type }) => type === 'step' || type === 'evaluation')
    .map(timeless);

/** A model with the same dropout seed and zero weights; resuming has to replace them. */
export function otherModel(kind: Kind): TrainOptions['model'] {
  const model = tinyModel(RUNS[kind].model);
  for (const [, { variable }] of model.namedParameters()) {
    tf.tidy(() => variable.assign(tf.zerosLike(variable)));
  }
  return model;
}

/** Starts a run, interrupts it at each of `stops`, and resumes it until it ends. */
export async function interrupted(
  kind: Kind,
  stops: readonly ((event: TrainingEvent) => boolean)[],
): Promise<{ sessions: Events[]; folder: RunFolder }> {
  let folder = await newFolder();
  const sessions: Events[] = [];
  for (const stop of [...stops, () => false]) {
    const overrides = sessions.length > 0 ? { model: otherModel(kind) } : {};
    sessions.push(await runToEnd(optionsOf(kind, folder, overrides), stop));
    folder = await reopen(folder);
  }
  return { sessions, folder };
}

/** True at the `count`-th call. */
export function after(count: number): () => boolean {
  let seen = 0;
  return () => ++seen === count;
}
