// What a run is made of. Leaves out how: that is train.ts.
import type { RunFolder } from '@lilformer/checkpoints';
import type { Windows } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { checkAbove, checkWhole } from './check.js';
import type { OptimizerSettings } from './optimizer.js';
import type { Schedule, ScheduleSettings } from './schedules.js';

/** When and on what the model is evaluated. */
export interface EvaluationOptions {
  /** `'epoch'`: after each pass over the training windows; a number: every so many steps. Always also at the end. */
  readonly every: 'epoch' | number;
  /**
   * `'all'` (the default): every validation window once, compared with the mean loss of the training
   * steps since the last evaluation. A number k: k batches drawn at random from each of the two splits.
   */
  readonly batches?: 'all' | number;
  /** Evaluate before the first step as well; default false. */
  readonly atStart?: boolean;
}

/** When the state of the run is saved; besides, always after evaluations and at the end. */
export interface CheckpointOptions {
  /** After so many steps; default never. */
  readonly everySteps?: number;
  /** When so much time has passed, at the end of the step; default 60. Infinity for never. */
  readonly everySeconds?: number;
}

/** Options of {@link train}. */
export interface TrainOptions {
  readonly model: LanguageModel;
  /** What to train on. */
  readonly train: Windows;
  /** What to evaluate on; needed by `evaluation`. */
  readonly validation?: Windows;
  /** Windows in a batch. Evaluation uses it as well. */
  readonly batchSize: number;
  /**
   * `'shuffled'` (the default): every window once an epoch; `'random'`: drawn independently, without
   * epochs.
   */
  readonly order?: 'shuffled' | 'random';
  /** Leave out the last batch of an epoch when it is not full; default false. */
  readonly dropLast?: boolean;
  /**
   * Batches whose mean gradient makes one step; default 1. The last step of an epoch takes what is
   * left of it.
   */
  readonly accumulate?: number;
  /** Default AdamW with its usual settings. */
  readonly optimizer?: OptimizerSettings;
  /** The learning rate: constant, as plain data, or a schedule of your own. */
  readonly schedule: number | ScheduleSettings | Schedule;
  /** Largest global norm of the gradients; larger ones are scaled down to it. Default no limit. */
  readonly clipNorm?: number;
  /** Default: no evaluation without `validation`, else after each epoch (random order: at the end only). */
  readonly evaluation?: EvaluationOptions;
  /** Evaluations in a row without improvement that end the run; default no such end. */
  readonly patience?: number;
  /** Updates after which the run ends, those of earlier sessions included; default no such end. */
  readonly maxSteps?: number;
  /** Passes over the training windows after which the run ends; default no such end. Not for random order. */
  readonly maxEpochs?: number;
  /** Decides everything random in the run; default 0. */
  readonly seed?: number | string;
  /** Where the run is kept. If it holds a state already, the run goes on from there. Default nowhere. */
  readonly folder?: RunFolder;
  readonly checkpoint?: CheckpointOptions;
  /** Steps between two step events in the folder's metrics.jsonl; default 10. */
  readonly logEvery?: number;
  /** Aborting it ends the run after the step it is at, with its state saved. */
  readonly signal?: AbortSignal;
  /** At the end, unless interrupted, give the model the weights of its best evaluation; default false. */
  readonly restoreBest?: boolean;
}

/** Options with their defaults. */
export type Settings = TrainOptions &
  Required<
    Pick<
      TrainOptions,
      'order' | 'dropLast' | 'accumulate' | 'clipNorm' | 'patience' | 'maxSteps' | 'maxEpochs'
    >
  > &
  Required<Pick<TrainOptions, 'optimizer' | 'seed' | 'logEvery' | 'restoreBest'>> & {
    readonly checkpoint: Required<CheckpointOptions>;
  };

/**
 * Checks options and fills in defaults.
 * @throws RangeError naming the option, what was given and what was expected
 */
export function checkOptions(options: TrainOptions): Settings {
  const { order = 'shuffled', maxSteps = Infinity, maxEpochs = Infinity, patience = Infinity } = options;
  const { accumulate = 1, clipNorm = Infinity, logEvery = 10, validation, evaluation } = options;
  const { everySteps = Infinity, everySeconds = 60 } = options.checkpoint ?? {};
  for (const [name, windows] of Object.entries({ train: options.train, validation })) {
    if (windows && windows.length > options.model.contextLength) {
      throw new RangeError(
        `${name}: windows of ${windows.length} tokens, expected at most ${options.model.contextLength}, the model's context`,
      );
    }
  }
  checkWhole('accumulate', accumulate, 1);
  checkWhole('logEvery', logEvery, 1);
  if (clipNorm !== Infinity) checkAbove('clipNorm', clipNorm, 0);
  if (maxSteps !== Infinity) checkWhole('maxSteps', maxSteps, 0);
  if (maxEpochs !== Infinity) checkWhole('maxEpochs', maxEpochs, 0);
  if (everySteps !== Infinity) checkWhole('checkpoint.everySteps', everySteps, 1);
  if (everySeconds !== Infinity) checkAbove('checkpoint.everySeconds', everySeconds, 0, true);
  if (order === 'random' && maxEpochs !== Infinity) {
    throw new RangeError(`maxEpochs ${maxEpochs}: random order has no epochs; give maxSteps instead`);
  }
  if (evaluation) {
    const { every, batches = 'all' } = evaluation;
    if (!validation) throw new RangeError('evaluation: expected validation windows with it');
    if (every !== 'epoch') checkWhole('evaluation.every', every, 1);
    else if (order === 'random') {
      throw new RangeError(`evaluation.every 'epoch': random order has no epochs; give a number of steps`);
    }
    if (batches !== 'all') checkWhole('evaluation.batches', batches, 1);
  }
  if (patience !== Infinity && !validation) {
    throw new RangeError(`patience ${patience}: expected validation windows with it`);
  }
  return {
    ...options,
    order,
    maxSteps,
    maxEpochs,
    patience,
    accumulate,
    clipNorm,
    logEvery,
    dropLast: options.dropLast ?? false,
    optimizer: options.optimizer ?? { type: 'adamw' },
    seed: options.seed ?? 0,
    restoreBest: options.restoreBest ?? false,
    checkpoint: { everySteps, everySeconds },
    evaluation: evaluation ?? (validation ? { every: order === 'random' ? Infinity : 'epoch' } : undefined),
  };
}
