// ReLU and the two forms of GELU, as operations and as the loops that `linear` fuses. Leaves out tanh and sigmoid:
// tfjs's own are fine.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { normalCumulative, normalDensity, tanh } from './functions.js';
import { compute, hasVisibleMemory, nativeKernels, type Floats } from './memory.js';

/** Activations that `linear` applies on the way out. */
export type Activation = 'relu' | 'gelu' | 'geluTanh';

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** The numbers that native kernels know activations by. */
export const KINDS = { relu: 0, gelu: 1, geluTanh: 2 } as const;

/** max(x, 0). Any shape; `tf.relu`, with a gradient of its own on the native engine. */
export function relu(x: tf.Tensor): tf.Tensor {
  return nativeKernels() ? elementwise(x, 'relu') : tf.relu(x);
}

/**
 * The Gaussian error linear unit x · Φ(x), with the exact normal distribution function (Hendrycks and Gimpel,
 * arXiv:1606.08415). Any shape; `nn.GELU()` in PyTorch.
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  return hasVisibleMemory() ? elementwise(x, 'gelu', geluLoop) : geluReference(x);
}

/** The specification of `gelu`: x / 2 · (1 + erf(x / √2)). */
export function geluReference(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
}

/** GELU by its tanh approximation, as GPT-2 has it; `nn.GELU(approximate='tanh')`, `gelu_new`. Any shape. */
export function geluTanh(x: tf.Tensor): tf.Tensor {
  return hasVisibleMemory() ? elementwise(x, 'geluTanh', geluTanhLoop) : geluTanhReference(x);
}

/** The specification of `geluTanh`: x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
export function geluTanhReference(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(SQRT_2_OVER_PI, tf.add(x, tf.mul(CUBIC, tf.mul(x, tf.square(x)))));
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
}

/** Writes y = f(x) and the slopes f'(x), which share most of their work. */
export type ActivationLoop = (x: Floats, y: Floats, slopes: Floats) => void;

/** On the native engine the gradient computes slopes from x again; elsewhere the loop, which is slower, saves them. */
function elementwise(x: tf.Tensor, activation: Activation, loop?: ActivationLoop): tf.Tensor {
  const native = nativeKernels();
  const kind = KINDS[activation];
  return differentiable(
    activation,
    [x],
    (save) => {
      if (native) {
        save?.(x);
        return compute([x], [x.shape], ([x], [y]) => native.activationForward(x, y, kind))[0];
      }
      const [y, slopes] = compute([x], [x.shape, x.shape], ([x], [y, slopes]) => loop!(x, y, slopes));
      save?.(slopes);
      return y;
    },
    (dy, [saved]) => [
      native
        ? compute([dy, saved], [dy.shape], ([dy, x], [dx]) => native.activationBackward(dy, x, dx, kind))[0]
        : times(dy, saved),
    ],
  );
}

/** The elementwise product of two tensors of one shape. */
export function times(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return compute([a, b], [a.shape], ([a, b], [product]) => {
    for (let i = 0; i < product.length; i++) product[i] = a[i] * b[i];
  })[0];
}

/** x Φ(x), and Φ(x) + x φ(x). */
export const geluLoop: ActivationLoop = (x, y, slopes) => {
  for (let i = 0; i < x.length; i++) {
    const share = normalCumulative(x[i]);
    y[i] = x[i] * share;
    slopes[i] = share + x[i] * normalDensity(x[i]);
  }
};

/** The tanh form, and its slope. */
export const geluTanhLoop: ActivationLoop = (x, y, slopes) => {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const t = tanh(SQRT_2_OVER_PI * (value + CUBIC * value * value * value));
    const inner = SQRT_2_OVER_PI * (1 + 3 * CUBIC * value * value);
    y[i] = 0.5 * value * (1 + t);
    slopes[i] = 0.5 * (1 + t + value * (1 - t * t) * inner);
  }
};
