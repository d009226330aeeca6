// One optimizer update over all parameters at once, rounding as PyTorch's does. Leaves out schedules and which
// parameters decay: call once for each group.
import { tf } from '@lilformer/engine';
import { compute, type Floats } from './memory.js';
import { shapeText } from './shapes.js';

/** Gradients beside their variables; null or undefined where a parameter had none, which leaves it untouched. */
export type Gradients = readonly (tf.Tensor | null | undefined)[];

/** Moments of Adam and AdamW, beside the variables; plain numbers, to be saved and loaded with the run. */
export interface AdamState {
  /** Updates made so far, for each variable: those without a gradient fall behind. */
  steps: number[];
  /** Running mean of the gradients. */
  first: Float32Array[];
  /** Running mean of their squares. */
  second: Float32Array[];
}

/** What Adam and AdamW take. */
export interface AdamOptions {
  learningRate: number;
  /** Decay of the two running means; default 0.9 and 0.999. */
  beta1?: number;
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** AdamW: default 0.01, takes learningRate · weightDecay of the weight off. Adam: default 0, is added to the gradient. */
  weightDecay?: number;
  /** Factor on every gradient first, as `clipByGlobalNorm` gives it; default 1. */
  gradientScale?: number;
}

/** State of Adam or AdamW before its first step. */
export function createAdamState(variables: readonly tf.Variable[]): AdamState {
  return {
    steps: variables.map(() => 0),
    first: variables.map(({ size }) => new Float32Array(size)),
    second: variables.map(({ size }) => new Float32Array(size)),
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
  update(variables, gradients, (place, from, gradient, to) => {
    const step = ++steps[place];
    const stepSize = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const m = first[place];
    const v = second[place];
    for (let i = 0; i < to.length; i++) {
      const weight = from[i] * shrink;
      const g = gradient[i] * gradientScale + l2 * weight;
      const mean = m[i] + (g - m[i]) * (1 - beta1);
      const square = v[i] * beta2 + g * g * (1 - beta2);
      m[i] = mean;
      v[i] = square;
      to[i] = weight - (stepSize * mean) / (Math.sqrt(square) * correction + epsilon);
    }
  });
}

/** Velocities of SGD with momentum, beside the variables; empty before a variable's first step. */
export interface SgdState {
  velocity: Float32Array[];
}

/** What SGD takes. */
export interface SgdOptions {
  learningRate: number;
  /** Share of the velocity that stays; default 0. */
  momentum?: number;
  /** Added to the gradient as weightDecay · weight; default 0. */
  weightDecay?: number;
  /** Factor on every gradient first, as `clipByGlobalNorm` gives it; default 1. */
  gradientScale?: number;
}

/** State of SGD before its first step. */
export function createSgdState(variables: readonly tf.Variable[]): SgdState {
  return { velocity: variables.map(({ size }) => new Float32Array(size)) };
}

/** One step of stochastic gradient descent, in place; `torch.optim.SGD` with dampening 0. */
export function sgdStep(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  { velocity }: SgdState,
  { learningRate, momentum = 0, weightDecay = 0, gradientScale = 1 }: SgdOptions,
): void {
  update(variables, gradients, (place, from, gradient, to) => {
    const speed = velocity[place];
    for (let i = 0; i < to.length; i++) {
      const pull = gradient[i] * gradientScale + weightDecay * from[i];
      speed[i] = speed[i] * momentum + pull;
      to[i] = from[i] - learningRate * speed[i];
    }
  });
}

/** Gives each variable with a gradient the numbers that `loop` writes from its old ones. */
function update(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  loop: (place: number, from: Floats, gradient: Floats, to: Floats) => void,
): void {
  if (gradients.length !== variables.length) {
    throw new Error(`${gradients.length} gradients for ${variables.length} variables, expected one for each`);
  }
  variables.forEach((variable, place) => {
    const gradient = gradients[place];
    if (!gradient) return;
    if (!tf.util.arraysEqual(gradient.shape, variable.shape)) {
      throw new Error(
        `gradient ${shapeText(gradient.shape)} for ${variable.name} ${shapeText(variable.shape)}, expected equal shapes`,
      );
    }
    // New numbers rather than the old ones changed: the engine keeps packed copies of matrices it has multiplied by.
    const [next] = compute([variable, gradient], [variable.shape], ([from, slope], [to]) =>
      loop(place, from, slope, to),
    );
    variable.assign(next);
    next.dispose();
  });
}
