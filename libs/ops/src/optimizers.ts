// One optimizer update over all parameters at once, rounding as PyTorch's does. Leaves out schedules and which
// parameters decay: call once for each group.
import { tf } from '@lilformer/engine';
import { compute, mayOverwrite, nativeKernels, visit, type Floats } from './memory.js';
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
  const places = placesWithGradient(variables, gradients);
  const factors = places.map((place) => {
    const step = steps[place] + 1;
    return { stepSize: learningRate / (1 - beta1 ** step), correction: 1 / Math.sqrt(1 - beta2 ** step) };
  });
  const native = nativeKernels();
  if (native) {
    inPlace(variables, gradients, places, (weights, slopes) =>
      native.adamStep(
        slopes,
        Float64Array.from(factors.flatMap(({ stepSize, correction }) => [stepSize, correction])),
        weights,
        places.map((place) => first[place]),
        places.map((place) => second[place]),
        beta1,
        beta2,
        epsilon,
        shrink,
        l2,
        gradientScale,
      ),
    );
  } else {
    places.forEach((place, i) => {
      const { stepSize, correction } = factors[i];
      const m = first[place];
      const v = second[place];
      assign(variables[place], gradients[place]!, (from, gradient, to) => {
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
    });
  }
  for (const place of places) steps[place]++;
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
  const places = placesWithGradient(variables, gradients);
  const native = nativeKernels();
  if (native) {
    inPlace(variables, gradients, places, (weights, slopes) => {
      const speeds = places.map((place) => velocity[place]);
      native.sgdStep(slopes, weights, speeds, learningRate, momentum, weightDecay, gradientScale);
    });
    return;
  }
  for (const place of places) {
    const speed = velocity[place];
    assign(variables[place], gradients[place]!, (from, gradient, to) => {
      for (let i = 0; i < to.length; i++) {
        const pull = gradient[i] * gradientScale + weightDecay * from[i];
        speed[i] = speed[i] * momentum + pull;
        to[i] = from[i] - learningRate * speed[i];
      }
    });
  }
}

/** Places of the variables that have a gradient. Throws where one does not fit. */
function placesWithGradient(variables: readonly tf.Variable[], gradients: Gradients): number[] {
  if (gradients.length !== variables.length) {
    throw new Error(`${gradients.length} gradients for ${variables.length} variables, expected one for each`);
  }
  const places: number[] = [];
  gradients.forEach((gradient, place) => {
    if (!gradient) return;
    const { name, shape } = variables[place];
    if (!tf.util.arraysEqual(gradient.shape, shape)) {
      throw new Error(
        `gradient ${shapeText(gradient.shape)} for ${name} ${shapeText(shape)}, expected equal shapes`,
      );
    }
    places.push(place);
  });
  return places;
}

/** Lets `step` change the numbers of variables where they are, all at once. */
function inPlace(
  variables: readonly tf.Variable[],
  gradients: Gradients,
  places: readonly number[],
  step: (weights: Floats[], gradients: Floats[]) => void,
): void {
  const chosen = places.map((place) => variables[place]);
  for (const variable of chosen) {
    // Others can see the numbers of a variable that was made of an array, or read: they keep those, it gets a copy.
    if (!mayOverwrite(variable)) assign(variable, variable, (from, _, to) => to.set(from));
  }
  const slopes = places.map((place) => gradients[place]!);
  visit([...chosen, ...slopes], (...all) => step(all.slice(0, places.length), all.slice(places.length)));
}

/** Gives a variable new numbers, which `loop` writes, rather than changing the old: others may see those. */
function assign(
  variable: tf.Variable,
  gradient: tf.Tensor,
  loop: (from: Floats, gradient: Floats, to: Floats) => void,
): void {
  const [next] = compute([variable, gradient], [variable.shape], ([from, slope], [to]) =>
    loop(from, slope, to),
  );
  variable.assign(next);
  next.dispose();
}
