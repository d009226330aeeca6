// The learning rate over a run: constant, linear, cosine with warm-up, and (in `plateau.ts`)
// reduced when the validation loss stalls. The first three depend on the step alone. Leaves out
// restarts, cycles and rates that differ between parameters.
import { checkAbove, checkStateType, checkWhole } from './check.js';
import { type PlateauSettings, type PlateauState, ReduceOnPlateau } from './plateau.js';

/** The same rate from the first step to the last. */
export interface ConstantSettings {
  readonly type: 'constant';
  readonly learningRate: number;
}

/**
 * Up from 0 to `learningRate` in `warmupSteps` steps, then straight down to `minLearningRate` at
 * `totalSteps`; with the default, 0, this is transformers' `get_linear_schedule_with_warmup`. With
 * warm-up the very first update has rate 0.
 */
export interface LinearSettings {
  readonly type: 'linear';
  /** The peak. */
  readonly learningRate: number;
  /** Rate from `totalSteps` on; default 0. */
  readonly minLearningRate?: number;
  /** Default 0. */
  readonly warmupSteps?: number;
  /** Step at which the descent ends; inside `train` by default the length of the run. */
  readonly totalSteps?: number;
}

/**
 * Up to `learningRate` in `warmupSteps` steps, then down along half a cosine (Loshchilov and Hutter,
 * "SGDR", 2017, equation 5, without restarts).
 *
 * Two forms are in use. `'nano'` (nanoGPT; the default) never has rate 0 in warm-up, ends at
 * `minLearningRate` and stays there. `'transformers'` (`get_cosine_schedule_with_warmup`) starts at 0,
 * ends at 0, and rises again past `totalSteps`.
 */
export interface CosineSettings {
  readonly type: 'cosine';
  /** The peak. */
  readonly learningRate: number;
  readonly form?: 'nano' | 'transformers';
  /** Rate at the end, form `'nano'` only; default a tenth of the peak. */
  readonly minLearningRate?: number;
  /** Default 0. */
  readonly warmupSteps?: number;
  /** Step at which the descent ends; inside `train` by default the length of the run. */
  readonly totalSteps?: number;
}

/** A schedule as plain data: what a configuration file holds. */
export type ScheduleSettings = ConstantSettings | LinearSettings | CosineSettings | PlateauSettings;

/** What a schedule remembers between steps, as plain JSON. Only `'plateau'` has more than its type. */
export type ScheduleState = { readonly type: 'constant' | 'linear' | 'cosine' } | PlateauState;

/** A learning rate over a run. */
export interface Schedule {
  /** Rate of the update that follows `step` finished ones (0 for the very first). */
  rate(step: number): number;
  /** Takes note of an evaluation's validation loss. */
  observe(validationLoss: number): void;
  /** What `restore` needs to go on from here, as plain JSON. */
  state(): ScheduleState;
  /** @throws Error when the state is another schedule's */
  restore(state: ScheduleState): void;
}

/**
 * Makes a schedule from its settings.
 * @throws RangeError when a setting is out of range or missing
 */
export function createSchedule(settings: ScheduleSettings): Schedule {
  if (settings.type === 'plateau') return new ReduceOnPlateau(settings);
  checkAbove('learningRate', settings.learningRate, 0);
  switch (settings.type) {
    case 'constant':
      return byStep('constant', () => settings.learningRate);
    case 'linear':
      return linear(settings);
    case 'cosine':
      return cosine(settings);
    default:
      throw new RangeError(
        `schedule type ${JSON.stringify((settings as { type: unknown }).type)}: ` +
          `expected 'constant', 'linear', 'cosine' or 'plateau'`,
      );
  }
}

function linear(settings: LinearSettings): Schedule {
  const { learningRate: peak } = settings;
  const { warmup, total } = span(settings);
  const low = lowest(settings, 0);
  return byStep('linear', (step) =>
    step < warmup
      ? (peak * step) / Math.max(1, warmup)
      : low + (peak - low) * Math.max(0, (total - step) / Math.max(1, total - warmup)),
  );
}

function cosine(settings: CosineSettings): Schedule {
  const { learningRate: peak, form = 'nano' } = settings;
  const { warmup, total } = span(settings);
  const half = (step: number) =>
    0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / Math.max(1, total - warmup)));
  if (form === 'transformers') {
    if (settings.minLearningRate !== undefined) {
      throw new RangeError(
        `minLearningRate ${settings.minLearningRate}: the cosine of form 'transformers' ends at 0; ` +
          `leave it out, or use form 'nano'`,
      );
    }
    return byStep('cosine', (step) =>
      step < warmup ? (peak * step) / Math.max(1, warmup) : peak * Math.max(0, half(step)),
    );
  }
  if (form !== 'nano') {
    throw new RangeError(`form ${JSON.stringify(form)}: expected 'nano' or 'transformers'`);
  }
  const low = lowest(settings, peak / 10);
  return byStep('cosine', (step) => {
    if (step < warmup) return (peak * (step + 1)) / (warmup + 1);
    return step >= total ? low : low + half(step) * (peak - low);
  });
}

function lowest({ minLearningRate, learningRate }: LinearSettings | CosineSettings, usual: number): number {
  const low = checkAbove('minLearningRate', minLearningRate ?? usual, 0, true);
  if (low > learningRate) {
    throw new RangeError(`minLearningRate ${low}: expected at most learningRate, ${learningRate}`);
  }
  return low;
}

function span(settings: LinearSettings | CosineSettings): { warmup: number; total: number } {
  const warmup = checkWhole('warmupSteps', settings.warmupSteps ?? 0, 0);
  if (settings.totalSteps === undefined) {
    throw new RangeError(
      `totalSteps is missing: a ${settings.type} schedule needs to know at which step it ends; ` +
        `give totalSteps, or give the run a length`,
    );
  }
  const total = checkWhole('totalSteps', settings.totalSteps, 1);
  if (warmup > total) throw new RangeError(`warmupSteps ${warmup}: expected at most totalSteps, ${total}`);
  return { warmup, total };
}

/** A schedule whose rate depends on nothing but the step. */
function byStep(type: 'constant' | 'linear' | 'cosine', rate: (step: number) => number): Schedule {
  return {
    rate,
    observe() {},
    state: () => ({ type }),
    restore: (state) => checkStateType(state, type),
  };
}
