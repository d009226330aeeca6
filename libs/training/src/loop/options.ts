// Options of a training run, with their checks and defaults.
import type { RunStorage } from '@lilformer/checkpoints';
import type { Windows } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { checkOptionNames } from '@lilformer/tokenizers';
import { checkInteger, checkNotNegative } from '../check.js';
import type { OptimizerOptions } from '../optimization/optimizer.js';
import type { Schedule, ScheduleOptions } from '../optimization/schedules.js';

/** Options of {@link train}. */
export interface TrainOptions {
  readonly model: LanguageModel;
  /** Windows to train on. */
  readonly train: Windows;
  /** Windows to evaluate on; without them there is no evaluation. */
  readonly validation?: Windows;
  /** Windows per batch, in training and evaluation. */
  readonly batchSize: number;
  /** `'shuffled'` (the default): every window once per epoch; `'random'`: drawn independently, without epochs. */
  readonly order?: 'shuffled' | 'random';
  /** Drop the last batch of an epoch when it is incomplete; default false. */
  readonly dropLast?: boolean;
  /** Batches whose mean gradient makes one step; default 1. The last step of an epoch takes the remaining batches. */
  readonly gradientAccumulationSteps?: number;
  /** Default AdamW with PyTorch's defaults. */
  readonly optimizer?: OptimizerOptions;
  /** A constant learning rate, the options of a schedule, or a custom schedule. */
  readonly schedule: number | ScheduleOptions | Schedule;
  /** Gradients with a larger global 2-norm are scaled down to it; 0 (the default) disables clipping. */
  readonly maxGradNorm?: number;
  /** Steps between evaluations, or `'epoch'`. The last step is always evaluated. Default `'epoch'`; in random order never. */
  readonly evalEvery?: 'epoch' | number;
  /**
   * `'all'` (the default): every validation window once, compared with the mean loss of the training steps since the last
   * evaluation. A number: that many random batches of each of the two splits.
   */
  readonly evalBatches?: 'all' | number;
  /** Evaluate before the first step as well; default false. */
  readonly evalAtStart?: boolean;
  /** Evaluations in a row without improvement that end the run; default no early stopping. */
  readonly earlyStoppingPatience?: number;
  /** Updates of the run, those of earlier sessions included; default no limit. */
  readonly maxSteps?: number;
  /** Passes over the training windows; default no limit. Not for random order. */
  readonly maxEpochs?: number;
  /** Seed of everything random in the run; default 0. */
  readonly seed?: number | string;
  /** Where the run is saved. If it holds a state already, the run resumes from it. Default nowhere. */
  readonly folder?: RunStorage;
  /** Seconds between checkpoints; default 60, Infinity disables. Evaluations and the end are always saved. */
  readonly saveEvery?: number;
  /** Steps between checkpoints; default no such checkpoints. */
  readonly saveEverySteps?: number;
  /** Steps between two step events in the folder's metrics.jsonl; default 10. */
  readonly logEvery?: number;
  /** Aborting it ends the run after the current step, with its state saved. */
  readonly signal?: AbortSignal;
  /** Load the best weights into the model at the end, unless interrupted; default false. */
  readonly restoreBest?: boolean;
}

const NAMES = Object.keys({
  model: true,
  train: true,
  validation: true,
  batchSize: true,
  order: true,
  dropLast: true,
  gradientAccumulationSteps: true,
  optimizer: true,
  schedule: true,
  maxGradNorm: true,
  evalEvery: true,
  evalBatches: true,
  evalAtStart: true,
  earlyStoppingPatience: true,
  maxSteps: true,
  maxEpochs: true,
  seed: true,
  folder: true,
  saveEvery: true,
  saveEverySteps: true,
  logEvery: true,
  signal: true,
  restoreBest: true,
} satisfies Record<keyof TrainOptions, true>);

/** Options with which nothing is left open. */
export type CheckedOptions = ReturnType<typeof checkOptions>;

/**
 * Checks options and fills in defaults.
 * @throws RangeError or TypeError naming the option, its value and what was expected
 */
export function checkOptions(options: TrainOptions) {
  checkOptionNames(options, NAMES);
  if (options.schedule === undefined) {
    throw new TypeError(
      "schedule: missing. Expected a learning rate, such as 0.001, or { type: 'cosine', learningRate: 0.001 }.",
    );
  }
  const { order = 'shuffled', maxSteps = Infinity, maxEpochs = Infinity, validation } = options;
  const { gradientAccumulationSteps = 1, maxGradNorm = 0, logEvery = 10, evalBatches = 'all' } = options;
  const { earlyStoppingPatience = Infinity, saveEvery = 60, saveEverySteps = Infinity } = options;
  const evalEvery = options.evalEvery ?? (order === 'random' ? Infinity : 'epoch');
  for (const [name, windows] of Object.entries({ train: options.train, validation })) {
    if (windows && windows.length > options.model.contextLength) {
      throw new RangeError(
        `${name}: windows of ${windows.length} tokens. Expected at most ${options.model.contextLength}, the context length of the model.`,
      );
    }
  }
  checkInteger('gradientAccumulationSteps', gradientAccumulationSteps, 1);
  checkInteger('logEvery', logEvery, 1);
  checkNotNegative('maxGradNorm', maxGradNorm);
  if (maxSteps !== Infinity) checkInteger('maxSteps', maxSteps, 0);
  if (maxEpochs !== Infinity) checkInteger('maxEpochs', maxEpochs, 0);
  if (saveEverySteps !== Infinity) checkInteger('saveEverySteps', saveEverySteps, 1);
  if (saveEvery !== Infinity) checkNotNegative('saveEvery', saveEvery);
  if (typeof options.evalEvery === 'number') checkInteger('evalEvery', options.evalEvery, 1);
  if (evalBatches !== 'all') checkInteger('evalBatches', evalBatches, 1);
  if (order === 'random' && maxEpochs !== Infinity) {
    throw new RangeError(`maxEpochs: ${maxEpochs} in random order, which has no epochs. Expected maxSteps.`);
  }
  if (order === 'random' && evalEvery === 'epoch') {
    throw new RangeError(
      "evalEvery: 'epoch' in random order, which has no epochs. Expected a number of steps.",
    );
  }
  if (!validation) {
    for (const name of ['evalEvery', 'evalBatches', 'evalAtStart', 'earlyStoppingPatience'] as const) {
      if (options[name] === undefined) continue;
      throw new RangeError(
        `${name}: ${options[name]} without validation windows. Expected the option validation.`,
      );
    }
  }
  const { optimizer = { type: 'adamw' }, seed = 0, restoreBest = false, dropLast = false } = options;
  return {
    ...options,
    ...{ order, dropLast, maxSteps, maxEpochs, gradientAccumulationSteps, logEvery, optimizer, seed },
    ...{ evalEvery, evalBatches, evalAtStart: options.evalAtStart ?? false, earlyStoppingPatience },
    ...{ maxGradNorm: maxGradNorm === 0 ? Infinity : maxGradNorm, saveEvery, saveEverySteps, restoreBest },
  };
}
