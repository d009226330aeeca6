// The output projection fused with the cross entropy of its logits: training never holds all logits [..., V] in memory.
import { differentiable, tf, tidy } from '@lilformer/engine';
import { Bf16Matrix, type Weight } from '../linear/bf16-matrix.js';
import { linear } from '../linear/linear.js';
import { compute, dispatch, usesBf16 } from '../support/kernels.js';
import { expectShape, rowCount, shapeText } from '../support/shapes.js';
import { crossEntropyReference, type CrossEntropyOptions } from './cross-entropy.js';
import { checkTargets, type Targets } from './targets.js';

/** Options of `linearCrossEntropy`: as those of `crossEntropy`, without the reduction `'none'`. */
export interface LinearCrossEntropyOptions extends Omit<CrossEntropyOptions, 'reduction'> {
  /** `'mean'` over the targets that are not ignored (default), or `'sum'`. */
  reduction?: 'mean' | 'sum';
}

/**
 * `crossEntropy(linear(x, weight, bias), targets)`.
 *
 * Kernels compute the gradients in the forward pass, a few rows of logits at a time.
 *
 * @param x [..., C]
 * @param weight [V, C]; a Bf16Matrix gets no gradient
 * @param bias [V]
 * @param targets int32 [...]
 * @returns a scalar
 * @throws Error when the sizes do not fit, or naming the first target that is neither in 0 … V-1 nor `ignoreIndex`.
 */
export function linearCrossEntropy(
  x: tf.Tensor,
  weight: Weight,
  bias: tf.Tensor | undefined,
  targets: tf.Tensor,
  options: LinearCrossEntropyOptions = {},
): tf.Scalar {
  if (weight instanceof Bf16Matrix) {
    return tidy(() => linearCrossEntropy(x, weight.toTensor(), bias, targets, options));
  }
  const { reduction = 'mean', ignoreIndex = -100 } = options;
  const { ids, counted } = check(x, weight, bias, targets, ignoreIndex);
  const [classes, inputs] = weight.shape as [number, number];
  const factor = reduction === 'mean' ? 1 / counted : 1;
  const sizes = { rows: rowCount(x), inputs, classes };
  const settings = { ...sizes, targets: ids, ignored: ignoreIndex, share: factor, bf16: usesBf16() };
  return dispatch(
    (kernels) =>
      differentiable(
        'linearCrossEntropy',
        bias ? [x, weight, bias] : [x, weight],
        (save) => {
          let total = 0;
          const shapes = [save && x.shape, save && weight.shape, save && bias?.shape] as const;
          const gradients = compute([x, weight, bias], shapes, (arrays, [dx, dWeight, dBias]) => {
            const [x, weight, bias] = arrays;
            total = kernels.linearCrossEntropy({ x, weight, bias, dx, dWeight, dBias, ...settings });
          });
          save?.(...gradients.filter((gradient) => gradient !== undefined));
          return tf.scalar(total * factor);
        },
        (dy, gradients) => {
          const factor = dy.dataSync()[0];
          return gradients.map((gradient) => (factor === 1 ? gradient : () => tf.mul(gradient, factor)));
        },
      ),
    () => crossEntropyReference(linear(x, weight, bias), targets, options),
  ) as tf.Scalar;
}

function check(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  targets: tf.Tensor,
  ignoreIndex: number,
): Targets {
  const name = 'linearCrossEntropy';
  const given = `x ${shapeText(x.shape)}`;
  if (x.rank < 1 || weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new Error(
      `${name}: ${given} and weight ${shapeText(weight.shape)}, expected x [..., C] and weight [V, C]`,
    );
  }
  const classes = weight.shape[0]!;
  if (bias) expectShape(`${name}: bias`, bias, [classes], ['V']);
  const inputs = { given, expected: 'x [..., C]' };
  return checkTargets(name, targets, x.shape.slice(0, -1), classes, ignoreIndex, inputs);
}
