// Optimizer steps over all parameters at once, rounding as PyTorch's. Call once for each parameter group.
import { tf } from '@lilformer/engine';
import type { Kernels } from '@lilformer/kernels';
import { allocate, dispatch, mayOverwrite, memoryOf, zeros, type Floats } from '../support/kernels.js';
import { shapeText } from '../support/shapes.js';

/** The gradient of each variable; a variable without one (null or undefined) is left unchanged. */
export type Gradients = readonly (tf.Tensor | null | undefined)[];

/** Moments of Adam and AdamW for each variable, as plain arrays that checkpoints save. */
export interface AdamState {
  /** Number of updates of each variable; steps without a gradient do not count. */
  steps: number[];
  /** Exponential moving average of the gradient. */
  first: Float32Array[];
  /** Exponential moving average of the squared gradient. */
  second: Float32Array[];
}

/** Options of Adam and AdamW. */
export interface AdamOptions {
  learningRate: number;
  /** Decay rates of the moving averages; default 0.9 and 0.999. */
  beta1?: number;
  beta2?: number;
  /** Added to the denominator; default 1e-8. */
  epsilon?: number;
  /** AdamW: decoupled, default 0.01. Adam: L2 penalty, added to the gradient, default 0. */
  weightDecay?: number;
  /** Factor on every gradient, such as the `scale` of `clipByGlobalNorm`; default 1. */
  gradientScale?: number;
}

/** The state of Adam or AdamW before the first step. */
export function createAdamState(variables: readonly tf.Variable[]): AdamState {
  return {
    steps: variables.map(() => 0),
    first: variables.map(({ size }) => zeros(size)),
    second: variables.map(({ size }) => zeros(size)),
  };
}

/** One step of AdamW (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2), in place; `torch.optim.AdamW`. */
export function adamWStep(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  state: AdamState,
  options: AdamOptions,
): void {
  const { weightDecay = 0.01, learningRate } = options;
  adam(variables, gradients, state, options, { shrink: 1 - learningRate * weightDecay, l2: 0 });
}

/** One step of Adam (Kingma and Ba, arXiv:1412.6980), in place; `torch.optim.Adam`. */
export function adamStep(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  state: AdamState,
  options: AdamOptions,
): void {
  adam(variables, gradients, state, options, { shrink: 1, l2: options.weightDecay ?? 0 });
}

function adam(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  { steps, first, second }: AdamState,
  { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, gradientScale = 1 }: AdamOptions,
  { shrink, l2 }: { shrink: number; l2: number },
): void {
  const present = withGradient(variables, gradients);
  const stepSizes = present.map((i) => learningRate / (1 - beta1 ** (steps[i] + 1)));
  const corrections = present.map((i) => 1 / Math.sqrt(1 - beta2 ** (steps[i] + 1)));
  const m = present.map((i) => first[i]);
  const v = present.map((i) => second[i]);
  const rule = { beta1, beta2, epsilon, shrink, l2, scale: gradientScale };
  update(variables, gradients, present, {
    fused: (kernels, weights, gradients) => {
      const factors = Float64Array.from(present.flatMap((_, i) => [stepSizes[i], corrections[i]]));
      kernels.adamStep({ gradients, factors, weights, first: m, second: v, ...rule });
    },
    reference: (weights, gradient, i) => {
      const [moment1, moment2] = [m[i], v[i]];
      for (let j = 0; j < weights.length; j++) {
        const weight = weights[j] * shrink;
        const g = gradient[j] * gradientScale + l2 * weight;
        const mean = moment1[j] + (g - moment1[j]) * (1 - beta1);
        const square = moment2[j] * beta2 + g * g * (1 - beta2);
        moment1[j] = mean;
        moment2[j] = square;
        weights[j] = weight - (stepSizes[i] * mean) / (Math.sqrt(square) * corrections[i] + epsilon);
      }
    },
  });
  for (const i of present) steps[i]++;
}

/** Momentum buffers of SGD for each variable. */
export interface SgdState {
  velocity: Float32Array[];
}

/** Options of SGD. */
export interface SgdOptions {
  learningRate: number;
  /** Default 0. */
  momentum?: number;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
  /** Factor on every gradient, such as the `scale` of `clipByGlobalNorm`; default 1. */
  gradientScale?: number;
}

/** The state of SGD before the first step. */
export function createSgdState(variables: readonly tf.Variable[]): SgdState {
  return { velocity: variables.map(({ size }) => zeros(size)) };
}

/** One step of stochastic gradient descent, in place; `torch.optim.SGD` with dampening 0. */
export function sgdStep(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  { velocity }: SgdState,
  { learningRate, momentum = 0, weightDecay = 0, gradientScale = 1 }: SgdOptions,
): void {
  const present = withGradient(variables, gradients);
  const velocities = present.map((i) => velocity[i]);
  const rule = { learningRate, momentum, weightDecay, scale: gradientScale };
  update(variables, gradients, present, {
    fused: (kernels, weights, gradients) =>
      kernels.sgdStep({ gradients, weights, velocity: velocities, ...rule }),
    reference: (weights, gradient, i) => {
      const velocity = velocities[i];
      for (let j = 0; j < weights.length; j++) {
        const g = gradient[j] * gradientScale + weightDecay * weights[j];
        velocity[j] = velocity[j] * momentum + g;
        weights[j] -= learningRate * velocity[j];
      }
    },
  });
}

/** Indices of the variables that have a gradient. Throws if a shape does not fit. */
function withGradient(variables: readonly tf.Variable[], gradients: Gradients): number[] {
  if (gradients.length !== variables.length) {
    throw new Error(`${gradients.length} gradients for ${variables.length} variables, expected one for each`);
  }
  return gradients.flatMap((gradient, i) => {
    if (!gradient) return [];
    const { name, shape } = variables[i];
    if (!tf.util.arraysEqual(gradient.shape, shape)) {
      throw new Error(
        `gradient ${shapeText(gradient.shape)} for ${name} ${shapeText(shape)}, expected equal shapes`,
      );
    }
    return [i];
  });
}

/** An optimizer's rule: with kernels for all variables at once, otherwise for one. Both change the weights. */
interface Rule {
  fused(kernels: Kernels, weights: Floats[], gradients: Floats[]): void;
  reference(weights: Floats, gradient: Floats, i: number): void;
}

/** Applies a rule to the variables of these indices. */
function update(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  indices: readonly number[],
  rule: Rule,
): void {
  const chosen = indices.map((i) => variables[i]);
  const dys = indices.map((i) => gradients[i]!);
  dispatch(
    (kernels) => {
      for (const variable of chosen) {
        if (mayOverwrite(variable)) continue;
        // A caller or another tensor shares this memory and keeps it: the variable gets a copy.
        const copy = allocate(variable.shape);
        memoryOf(copy).set(memoryOf(variable));
        assign(variable, copy);
      }
      rule.fused(kernels, chosen.map(memoryOf), dys.map(memoryOf));
    },
    () =>
      chosen.forEach((variable, i) => {
        const weights = Float32Array.from(variable.dataSync());
        rule.reference(weights, dys[i].dataSync() as Floats, i);
        assign(variable, tf.tensor(weights, variable.shape));
      }),
  );
}

function assign(variable: tf.Variable, value: tf.Tensor): void {
  variable.assign(value);
  value.dispose();
}
