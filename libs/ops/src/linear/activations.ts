// ReLU and GELU as operations of their own; `linear` applies them to its output.
import { differentiable, tf } from '@lilformer/engine';
import { compute, dispatch } from '../support/kernels.js';

/** Activations that `linear` applies to its output. */
export type Activation = 'relu' | 'gelu' | 'geluTanh';

/** The kernels' numbers for activations. */
export const ACTIVATION_KIND = { relu: 0, gelu: 1, geluTanh: 2, none: 3 } as const;

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** max(x, 0), for any shape. */
export function relu<R extends tf.Rank>(x: tf.Tensor<R>): tf.Tensor<R>;
export function relu(x: tf.Tensor): tf.Tensor {
  return activate(x, 'relu');
}

/**
 * The Gaussian error linear unit x · Φ(x) (Hendrycks and Gimpel, arXiv:1606.08415), for any shape; `F.gelu` of PyTorch.
 *
 * @param approximate `'tanh'` for the approximation that GPT-2 uses
 */
export function gelu<R extends tf.Rank>(x: tf.Tensor<R>, approximate?: 'none' | 'tanh'): tf.Tensor<R>;
export function gelu(x: tf.Tensor, approximate: 'none' | 'tanh' = 'none'): tf.Tensor {
  return activate(x, approximate === 'tanh' ? 'geluTanh' : 'gelu');
}

/** The reference of each activation. */
export const activationReference: Readonly<Record<Activation, (x: tf.Tensor) => tf.Tensor>> = {
  relu: tf.relu,
  /** x / 2 · (1 + erf(x / √2)) */
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  /** x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) */
  geluTanh: (x) => {
    const inner = tf.mul(SQRT_2_OVER_PI, tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x)))));
    return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
  },
};

function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  const kind = ACTIVATION_KIND[activation];
  return dispatch(
    (kernels) =>
      differentiable(
        activation,
        [x],
        (save) => {
          save?.(x);
          return compute([x], [x.shape], ([x], [y]) => kernels.activationForward({ x, y, kind }))[0];
        },
        (dy, [x]) =>
          compute([dy, x], [x.shape], ([dy, x], [dx]) => kernels.activationBackward({ dy, x, dx, kind })),
      ),
    () => activationReference[activation](x),
  );
}
