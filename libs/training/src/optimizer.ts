// Optimizers over named parameters: which of them decay, and their state as named arrays. The
// arithmetic of an update is in ops. Leaves out learning rates (schedules.ts) and clipping (step.ts).
import type { NamedArray } from '@lilformer/checkpoints';
import type { tf } from '@lilformer/engine';
import type { Parameter } from '@lilformer/layers';
import { adamStep, adamWStep, createAdamState, createSgdState, sgdStep } from '@lilformer/ops';
import { checkAbove, checkBetween } from './check.js';

/**
 * Which parameters weight decay acts on, among those that have a gradient: `'all'` (the default, as
 * PyTorch has it), `'matrices'` (those of two or more dimensions: no biases, no norms), or a choice by
 * name and shape.
 */
export type Decay = 'all' | 'matrices' | ((name: string, shape: readonly number[]) => boolean);

/** AdamW: weight decay takes its share of the weight itself (Loshchilov and Hutter, arXiv:1711.05101). */
export interface AdamWSettings {
  readonly type: 'adamw';
  /** Decay of the running means of the gradient and of its square; default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0.01. */
  readonly weightDecay?: number;
  readonly decay?: Decay;
}

/** Adam (Kingma and Ba, arXiv:1412.6980): weight decay, if any, is added to the gradient. */
export interface AdamSettings {
  readonly type: 'adam';
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  readonly decay?: Decay;
}

/** Stochastic gradient descent; weight decay, if any, is added to the gradient. */
export interface SgdSettings {
  readonly type: 'sgd';
  /** Share of the velocity that stays from step to step; default 0. */
  readonly momentum?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  readonly decay?: Decay;
}

/** An optimizer as plain data: what a configuration file holds. */
export type OptimizerSettings = AdamWSettings | AdamSettings | SgdSettings;

/** Parameters that are updated alike. */
interface Group {
  readonly names: readonly string[];
  /** The state's arrays by kind, each with one entry a parameter. */
  readonly slots: Readonly<Record<string, Float32Array[]>>;
  /** Updates made, one entry a parameter; absent where the rule does not count. */
  readonly steps?: number[];
  update(
    gradients: readonly (tf.Tensor | null | undefined)[],
    learningRate: number,
    gradientScale: number,
  ): void;
}

/** Updates named parameters in place; made by {@link createOptimizer}. Holds no tensors. */
export class Optimizer {
  readonly type: OptimizerSettings['type'];
  readonly #groups: readonly Group[];
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  /** Use {@link createOptimizer}. */
  constructor(
    type: OptimizerSettings['type'],
    groups: readonly Group[],
    shapes: ReadonlyMap<string, readonly number[]>,
  ) {
    this.type = type;
    this.#groups = groups;
    this.#shapes = shapes;
  }

  /**
   * Makes one update. A parameter without a gradient is left alone: no decay, and its step does not count.
   *
   * @param gradients by parameter name; they are not changed
   * @param options.gradientScale factor on every gradient first, as `clipByGlobalNorm` gives it; default 1
   * @throws Error when a gradient belongs to no parameter of this optimizer
   */
  step(
    gradients: ReadonlyMap<string, tf.Tensor>,
    options: { learningRate: number; gradientScale?: number },
  ): void {
    for (const name of gradients.keys()) {
      if (!this.#shapes.has(name))
        throw new Error(`gradient of ${name}: this optimizer has no such parameter`);
    }
    for (const group of this.#groups) {
      const own = group.names.map((name) => gradients.get(name) ?? null);
      group.update(own, options.learningRate, options.gradientScale ?? 1);
    }
  }

  /** Copies of the state, named after parameters: `NAME.exp_avg`, `NAME.exp_avg_sq`, `NAME.step`, `NAME.momentum_buffer`. */
  stateDict(): Map<string, NamedArray> {
    const state = new Map<string, NamedArray>();
    for (const { names, slots, steps } of this.#groups) {
      names.forEach((name, i) => {
        for (const [slot, arrays] of Object.entries(slots)) {
          state.set(`${name}.${slot}`, {
            dtype: 'F32',
            shape: this.#shapes.get(name)!,
            data: arrays[i].slice(),
          });
        }
        if (steps) state.set(`${name}.step`, { dtype: 'I32', shape: [], data: Int32Array.of(steps[i]) });
      });
    }
    return state;
  }

  /**
   * Goes on from a state.
   * @throws Error naming every missing, surplus and misshapen entry at once; nothing is taken over then
   */
  loadStateDict(state: ReadonlyMap<string, NamedArray>): void {
    const expected = this.stateDict();
    const problems: string[] = [];
    for (const [name, { dtype, shape }] of expected) {
      const given = state.get(name);
      if (!given) problems.push(`${name} is missing`);
      else if (given.dtype !== dtype || given.shape.join() !== shape.join()) {
        problems.push(
          `${name} is ${given.dtype} [${given.shape.join(', ')}], expected ${dtype} [${shape.join(', ')}]`,
        );
      }
    }
    for (const name of state.keys()) if (!expected.has(name)) problems.push(`${name} is not known`);
    if (problems.length > 0) {
      throw new Error(
        `the state does not fit this ${this.type}; nothing was loaded:\n  ${problems.join('\n  ')}`,
      );
    }
    for (const { names, slots, steps } of this.#groups) {
      names.forEach((name, i) => {
        for (const [slot, arrays] of Object.entries(slots)) {
          arrays[i].set(state.get(`${name}.${slot}`)!.data as Float32Array);
        }
        if (steps) steps[i] = Number(state.get(`${name}.step`)!.data[0]);
      });
    }
  }
}

/**
 * Makes an optimizer for the trainable ones of some parameters, such as `new Map(model.namedParameters())`.
 * @throws RangeError when a setting is out of range
 */
export function createOptimizer(
  settings: OptimizerSettings,
  parameters: Iterable<readonly [string, Parameter]>,
): Optimizer {
  const makeGroup = groupMaker(settings);
  const trained = [...parameters].filter(([, parameter]) => parameter.trainable);
  const decays = ([name, { shape }]: readonly [string, Parameter]): boolean => {
    const { decay = 'all' } = settings;
    return typeof decay === 'function' ? decay(name, shape) : decay === 'all' || shape.length >= 2;
  };
  const usual = settings.type === 'adamw' ? 0.01 : 0;
  const weightDecay = checkAbove('weightDecay', settings.weightDecay ?? usual, 0, true);
  const groups = [
    makeGroup(
      trained.filter((entry) => decays(entry)),
      weightDecay,
    ),
    makeGroup(
      trained.filter((entry) => !decays(entry)),
      0,
    ),
  ];
  const shapes = new Map(trained.map(([name, { shape }]) => [name, shape]));
  return new Optimizer(settings.type, groups, shapes);
}

type MakeGroup = (parameters: (readonly [string, Parameter])[], weightDecay: number) => Group;

function groupMaker(settings: OptimizerSettings): MakeGroup {
  switch (settings.type) {
    case 'adamw':
    case 'adam': {
      const [beta1, beta2] = settings.betas ?? [0.9, 0.999];
      const epsilon = checkAbove('eps', settings.eps ?? 1e-8, 0, true);
      checkBetween('betas[0]', beta1, 0, 1);
      checkBetween('betas[1]', beta2, 0, 1);
      const rule = settings.type === 'adamw' ? adamWStep : adamStep;
      return (parameters, weightDecay) => {
        const variables = parameters.map(([, { variable }]) => variable);
        const state = createAdamState(variables);
        return {
          names: parameters.map(([name]) => name),
          slots: { exp_avg: state.first, exp_avg_sq: state.second },
          steps: state.steps,
          update: (gradients, learningRate, gradientScale) =>
            rule(variables, gradients, state, {
              learningRate,
              beta1,
              beta2,
              epsilon,
              weightDecay,
              gradientScale,
            }),
        };
      };
    }
    case 'sgd': {
      const momentum = checkBetween('momentum', settings.momentum ?? 0, 0, 1);
      return (parameters, weightDecay) => {
        const variables = parameters.map(([, { variable }]) => variable);
        const state = createSgdState(variables);
        return {
          names: parameters.map(([name]) => name),
          slots: { momentum_buffer: state.velocity },
          update: (gradients, learningRate, gradientScale) =>
            sgdStep(variables, gradients, state, { learningRate, momentum, weightDecay, gradientScale }),
        };
      };
    }
    default:
      throw new RangeError(
        `optimizer type ${JSON.stringify((settings as { type: unknown }).type)}: ` +
          `expected 'adamw', 'adam' or 'sgd'`,
      );
  }
}
