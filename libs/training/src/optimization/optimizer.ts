// Optimizers over named parameters. The arithmetic of an update is in ops, learning rates are in schedules.ts.
import type { NamedArray } from '@lilformer/checkpoints';
import type { tf } from '@lilformer/engine';
import type { Parameter } from '@lilformer/layers';
import { checkOptionNames } from '@lilformer/tokenizers';
import { adamStep, adamWStep, createAdamState, createSgdState, sgdStep } from '@lilformer/ops';
import { checkFraction, checkNotNegative } from '../check.js';

interface WeightDecayOptions {
  /** Default 0.01 for AdamW, 0 otherwise. */
  readonly weightDecay?: number;
  /**
   * Parameters that weight decay applies to: `'all'` (the default, as in PyTorch), `'matrices'` (two or more dimensions:
   * no biases, no norms), or a choice by name and shape.
   */
  readonly decay?: 'all' | 'matrices' | ((name: string, shape: readonly number[]) => boolean);
}

/**
 * `adamw`: decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101). `adam` (Kingma and Ba, arXiv:1412.6980): weight
 * decay is added to the gradient.
 */
interface AdamOptions extends WeightDecayOptions {
  readonly type: 'adamw' | 'adam';
  /** Decay rates of the running means of the gradient and of its square; default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
}

/** Stochastic gradient descent; weight decay is added to the gradient. */
interface SgdOptions extends WeightDecayOptions {
  readonly type: 'sgd';
  /** Default 0. */
  readonly momentum?: number;
}

/** Options of {@link createOptimizer}; as plain JSON unless `decay` is a function. */
export type OptimizerOptions = AdamOptions | SgdOptions;

const NAMES = {
  adamw: ['type', 'weightDecay', 'decay', 'betas', 'eps'],
  adam: ['type', 'weightDecay', 'decay', 'betas', 'eps'],
  sgd: ['type', 'weightDecay', 'decay', 'momentum'],
} as const;

/** Parameters with the same weight decay. */
interface Group {
  readonly names: readonly string[];
  /** Arrays of the state by kind, each with one entry per parameter. */
  readonly slots: Readonly<Record<string, Float32Array[]>>;
  /** Updates of each parameter; absent in SGD. */
  readonly steps?: number[];
  update(gradients: readonly (tf.Tensor | null)[], learningRate: number, gradientScale: number): void;
}

/** Updates named parameters in place. Created by {@link createOptimizer}. Holds no tensors. */
export class Optimizer {
  constructor(
    readonly type: OptimizerOptions['type'],
    private readonly groups: readonly Group[],
    private readonly shapes: ReadonlyMap<string, readonly number[]>,
  ) {}

  /**
   * Makes one update. A parameter without a gradient is unchanged: no weight decay, and its step does not count.
   *
   * @param gradients by parameter name; they are not changed
   * @param options.gradientScale factor of every gradient, as `clipByGlobalNorm` returns it; default 1
   * @throws Error when a gradient belongs to no parameter of this optimizer
   */
  step(
    gradients: ReadonlyMap<string, tf.Tensor>,
    options: { learningRate: number; gradientScale?: number },
  ): void {
    for (const name of gradients.keys()) {
      if (!this.shapes.has(name)) {
        throw new Error(`gradient of ${name}: unknown. Expected a trainable parameter of this optimizer.`);
      }
    }
    for (const group of this.groups) {
      const own = group.names.map((name) => gradients.get(name) ?? null);
      group.update(own, options.learningRate, options.gradientScale ?? 1);
    }
  }

  /** Copies of the state under PyTorch's names: `NAME.exp_avg`, `NAME.exp_avg_sq`, `NAME.step`, `NAME.momentum_buffer`. */
  stateDict(): Map<string, NamedArray> {
    const state = new Map<string, NamedArray>();
    for (const { names, slots, steps } of this.groups) {
      names.forEach((name, i) => {
        for (const [slot, arrays] of Object.entries(slots)) {
          state.set(`${name}.${slot}`, {
            dtype: 'F32',
            shape: this.shapes.get(name)!,
            data: arrays[i].slice(),
          });
        }
        if (steps) state.set(`${name}.step`, { dtype: 'I32', shape: [], data: Int32Array.of(steps[i]) });
      });
    }
    return state;
  }

  /**
   * Loads a state.
   * @throws Error naming every entry that is missing, unknown or has another shape; nothing is loaded then
   */
  loadStateDict(state: ReadonlyMap<string, NamedArray>): void {
    const expected = this.stateDict();
    const problems: string[] = [];
    for (const [name, { dtype, shape }] of expected) {
      const given = state.get(name);
      if (!given) problems.push(`${name} is missing`);
      else if (given.dtype !== dtype || given.shape.join() !== shape.join()) {
        problems.push(
          `${name} is ${given.dtype} [${given.shape.join(', ')}]. Expected ${dtype} [${shape.join(', ')}]`,
        );
      }
    }
    for (const name of state.keys()) if (!expected.has(name)) problems.push(`${name} is unknown`);
    if (problems.length > 0) {
      throw new Error(
        `optimizer state: does not fit this ${this.type}; nothing was loaded:\n  ${problems.join('\n  ')}`,
      );
    }
    for (const { names, slots, steps } of this.groups) {
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
 * Creates an optimizer for the trainable ones of some parameters, such as `model.namedParameters()`.
 * @throws RangeError when an option is out of range
 */
export function createOptimizer(
  options: OptimizerOptions,
  parameters: Iterable<readonly [string, Parameter]>,
): Optimizer {
  if (Object.hasOwn(NAMES, options.type)) checkOptionNames(options, NAMES[options.type]);
  const { decay = 'all', weightDecay = options.type === 'adamw' ? 0.01 : 0 } = options;
  checkNotNegative('weightDecay', weightDecay);
  const createGroup = groupFactory(options);
  const trained = [...parameters].filter(([, parameter]) => parameter.trainable);
  const [decayed, rest]: (typeof trained)[] = [[], []];
  for (const [name, parameter] of trained) {
    const { shape } = parameter;
    const decays = typeof decay === 'function' ? decay(name, shape) : decay === 'all' || shape.length >= 2;
    (decays ? decayed : rest).push([name, parameter]);
  }
  const shapes = new Map(trained.map(([name, { shape }]) => [name, shape]));
  return new Optimizer(options.type, [createGroup(decayed, weightDecay), createGroup(rest, 0)], shapes);
}

function groupFactory(
  options: OptimizerOptions,
): (parameters: readonly (readonly [string, Parameter])[], weightDecay: number) => Group {
  switch (options.type) {
    case 'adamw':
    case 'adam': {
      const { betas = [0.9, 0.999], eps: epsilon = 1e-8 } = options;
      const [beta1, beta2] = betas.map((beta, i) => checkFraction(`betas[${i}]`, beta));
      checkNotNegative('eps', epsilon);
      const update = options.type === 'adamw' ? adamWStep : adamStep;
      return (parameters, weightDecay) => {
        const variables = parameters.map(([, { variable }]) => variable);
        const state = createAdamState(variables);
        const fixed = { beta1, beta2, epsilon, weightDecay };
        return {
          names: parameters.map(([name]) => name),
          slots: { exp_avg: state.first, exp_avg_sq: state.second },
          steps: state.steps,
          update: (gradients, learningRate, gradientScale) =>
            update(variables, gradients, state, { ...fixed, learningRate, gradientScale }),
        };
      };
    }
    case 'sgd': {
      const momentum = checkFraction('momentum', options.momentum ?? 0);
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
        `optimizer type: ${JSON.stringify((options as { type: unknown }).type)}. Expected 'adamw', 'adam' or 'sgd'.`,
      );
  }
}
