// Learning rate schedules: constant, linear and cosine with warmup here, reduction on a plateau in plateau.ts.
import { checkOptionNames } from '@lilformer/tokenizers';
import { checkInteger, checkNotNegative, checkPositive, checkStateType } from '../check.js';
import { type PlateauOptions, type PlateauState, ReduceOnPlateau } from './plateau.js';

/** Options of {@link createSchedule}, as plain JSON. */
export type ScheduleOptions = ConstantOptions | LinearOptions | CosineOptions | PlateauOptions;

/** The same learning rate throughout. */
interface ConstantOptions {
  readonly type: 'constant';
  readonly learningRate: number;
}

interface DecayOptions {
  /** The highest learning rate, after warmup. */
  readonly learningRate: number;
  /** Learning rate from `totalSteps` on. */
  readonly minLearningRate?: number;
  /** Steps over which the learning rate rises; default 0. */
  readonly warmupSteps?: number;
  /** Step at which the decay ends; in `train` the length of the run unless given. */
  readonly totalSteps?: number;
}

/**
 * Linear warmup from 0, then linear decay to `minLearningRate` (default 0): `get_linear_schedule_with_warmup` of
 * transformers. With warmup, the first update has learning rate 0.
 */
interface LinearOptions extends DecayOptions {
  readonly type: 'linear';
}

/**
 * Linear warmup, then half a cosine (Loshchilov and Hutter, "SGDR", 2017, equation 5, without restarts).
 *
 * `form: 'nano'` (nanoGPT; the default) starts above 0 and ends at `minLearningRate` (default a tenth of the learning
 * rate). `form: 'transformers'` (`get_cosine_schedule_with_warmup`) starts at 0, ends at 0, and rises again past
 * `totalSteps`.
 */
interface CosineOptions extends DecayOptions {
  readonly type: 'cosine';
  readonly form?: 'nano' | 'transformers';
}

/** State of a schedule, as plain JSON. Only a plateau schedule has more than its type. */
export type ScheduleState = { readonly type: 'constant' | 'linear' | 'cosine' } | PlateauState;

/** A learning rate over a run. */
export interface Schedule {
  /** Learning rate of the update after `step` updates. */
  rate(step: number): number;
  /** Records the validation loss of an evaluation. */
  observe(validationLoss: number): void;
  /** What `restore` needs to continue, as plain JSON. */
  state(): ScheduleState;
  /** @throws Error when the state is of another type of schedule */
  restore(state: ScheduleState): void;
}

const DECAY = ['type', 'learningRate', 'minLearningRate', 'warmupSteps', 'totalSteps'] as const;
const NAMES = {
  constant: ['type', 'learningRate'],
  linear: DECAY,
  cosine: [...DECAY, 'form'],
} as const;

/**
 * Creates a schedule.
 * @throws RangeError when an option is out of range or missing
 */
export function createSchedule(options: ScheduleOptions): Schedule {
  if (options.type === 'plateau') return new ReduceOnPlateau(options);
  if (Object.hasOwn(NAMES, options.type)) checkOptionNames(options, NAMES[options.type]);
  checkPositive('learningRate', options.learningRate);
  switch (options.type) {
    case 'constant':
      return fromStep('constant', () => options.learningRate);
    case 'linear':
      return linear(options);
    case 'cosine':
      return cosine(options);
    default:
      throw new RangeError(
        `schedule type: ${JSON.stringify((options as { type: unknown }).type)}. Expected 'constant', 'linear', 'cosine' or 'plateau'.`,
      );
  }
}

function linear(options: LinearOptions): Schedule {
  const { peak, low, warmup, total } = checkDecay(options, 0);
  return fromStep('linear', (step) =>
    step < warmup
      ? (peak * step) / Math.max(1, warmup)
      : low + (peak - low) * Math.max(0, (total - step) / Math.max(1, total - warmup)),
  );
}

function cosine(options: CosineOptions): Schedule {
  const { form = 'nano', learningRate, minLearningRate } = options;
  const { peak, low, warmup, total } = checkDecay(options, learningRate / 10);
  const half = (step: number) =>
    0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / Math.max(1, total - warmup)));
  switch (form) {
    case 'nano':
      return fromStep('cosine', (step) => {
        if (step < warmup) return (peak * (step + 1)) / (warmup + 1);
        return step >= total ? low : low + half(step) * (peak - low);
      });
    case 'transformers':
      if (minLearningRate !== undefined) {
        throw new RangeError(
          `minLearningRate: ${minLearningRate} with form 'transformers', which ends at 0. Expected form 'nano' with it.`,
        );
      }
      return fromStep('cosine', (step) =>
        step < warmup ? (peak * step) / Math.max(1, warmup) : peak * Math.max(0, half(step)),
      );
    default:
      throw new RangeError(`form: ${JSON.stringify(form)}. Expected 'nano' or 'transformers'.`);
  }
}

function checkDecay(options: LinearOptions | CosineOptions, defaultMinimum: number) {
  const { learningRate: peak, totalSteps, warmupSteps = 0, minLearningRate = defaultMinimum } = options;
  const low = checkNotNegative('minLearningRate', minLearningRate);
  if (low > peak)
    throw new RangeError(`minLearningRate: ${low}. Expected at most learningRate, which is ${peak}.`);
  const warmup = checkInteger('warmupSteps', warmupSteps, 0);
  if (totalSteps === undefined) {
    throw new RangeError(
      `totalSteps: missing. A ${options.type} schedule needs its last step. Give it, or maxSteps or maxEpochs of the run.`,
    );
  }
  const total = checkInteger('totalSteps', totalSteps, 1);
  if (warmup > total)
    throw new RangeError(`warmupSteps: ${warmup}. Expected at most totalSteps, which is ${total}.`);
  return { peak, low, warmup, total };
}

/** A schedule that depends on the step alone. */
function fromStep(type: 'constant' | 'linear' | 'cosine', rate: (step: number) => number): Schedule {
  return {
    rate,
    observe() {},
    state: () => ({ type }),
    restore: (state) => checkStateType(state, type),
  };
}
