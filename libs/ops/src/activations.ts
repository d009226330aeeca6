// The two forms of GELU, as operations and as the loops that `linear` fuses. Leaves out relu, tanh and sigmoid:
// tfjs's own are fine.
import { tf } from '@lilformer/engine';
import { compute, hasVisibleMemory, type Floats } from './memory.js';

/** Activations that `linear` applies on the way out. */
export type Activation = 'relu' | 'gelu' | 'geluTanh';

const INVERSE_SQRT_2 = Math.SQRT1_2;
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const INVERSE_SQRT_2_PI = 1 / Math.sqrt(2 * Math.PI);
const CUBIC = 0.044715;

/**
 * The Gaussian error linear unit x · Φ(x), with the exact normal distribution function (Hendrycks and Gimpel,
 * arXiv:1606.08415). Any shape; `nn.GELU()` in PyTorch.
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  return hasVisibleMemory() ? elementwise(x, geluLoop, geluSlopeLoop) : geluReference(x);
}

/** The specification of `gelu`: x / 2 · (1 + erf(x / √2)). */
export function geluReference(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, INVERSE_SQRT_2))));
}

/** GELU by its tanh approximation, as GPT-2 has it; `nn.GELU(approximate='tanh')`, `gelu_new`. Any shape. */
export function geluTanh(x: tf.Tensor): tf.Tensor {
  return hasVisibleMemory() ? elementwise(x, geluTanhLoop, geluTanhSlopeLoop) : geluTanhReference(x);
}

/** The specification of `geluTanh`: x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
export function geluTanhReference(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(SQRT_2_OVER_PI, tf.add(x, tf.mul(CUBIC, tf.mul(x, tf.square(x)))));
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
}

type Forward = (x: Floats, y: Floats) => void;
type Slope = (x: Floats, dy: Floats, dx: Floats) => void;

function elementwise(x: tf.Tensor, forward: Forward, slope: Slope): tf.Tensor {
  return tf.customGrad((input, save) => {
    const value = input as tf.Tensor;
    (save as tf.GradSaveFunc)([value]);
    return {
      value: compute([value], [value.shape], ([from], [to]) => forward(from, to))[0],
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
        compute([saved, dy], [saved.shape], ([from, above], [to]) => slope(from, above, to))[0],
    };
  })(x);
}

/** y = gelu(x) */
export function geluLoop(x: Floats, y: Floats): void {
  for (let i = 0; i < x.length; i++) y[i] = 0.5 * x[i] * (1 + erf(x[i] * INVERSE_SQRT_2));
}

/** dx = dy · (Φ(x) + x φ(x)) */
export function geluSlopeLoop(x: Floats, dy: Floats, dx: Floats): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const density = INVERSE_SQRT_2_PI * Math.exp(-0.5 * value * value);
    dx[i] = dy[i] * (0.5 * (1 + erf(value * INVERSE_SQRT_2)) + value * density);
  }
}

/** y = geluTanh(x) */
export function geluTanhLoop(x: Floats, y: Floats): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    y[i] = 0.5 * value * (1 + Math.tanh(SQRT_2_OVER_PI * (value + CUBIC * value * value * value)));
  }
}

/** dx = dy · geluTanh'(x) */
export function geluTanhSlopeLoop(x: Floats, dy: Floats, dx: Floats): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const t = Math.tanh(SQRT_2_OVER_PI * (value + CUBIC * value * value * value));
    const inner = SQRT_2_OVER_PI * (1 + 3 * CUBIC * value * value);
    dx[i] = dy[i] * 0.5 * (1 + t + value * (1 - t * t) * inner);
  }
}

/**
 * The error function, to 1.2e-7 relative: W. J. Cody's rational approximation below 0.5 and, above, the
 * complementary function as exp(-x²) times a Chebyshev polynomial (Numerical Recipes, erfc).
 */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 0.5) {
    const s = x * x;
    return (
      (x *
        (3.209377589138469e3 +
          s *
            (3.77485237685302e2 +
              s * (1.138641541510502e2 + s * (3.161123743870566 + s * 0.1857777061846032))))) /
      (2.844236833439171e3 +
        s * (1.282616526077372e3 + s * (2.440246379344442e2 + s * (23.60129095234412 + s))))
    );
  }
  if (z > 4) return x < 0 ? -1 : 1;
  const t = 1 / (1 + 0.5 * z);
  const polynomial =
    -1.26551223 +
    t *
      (1.00002368 +
        t *
          (0.37409196 +
            t *
              (0.09678418 +
                t *
                  (-0.18628806 +
                    t *
                      (0.27886807 +
                        t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const complement = t * Math.exp(-z * z + polynomial);
  return x < 0 ? complement - 1 : 1 - complement;
}
