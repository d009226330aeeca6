// The output projection and the cross entropy of its logits as one operation: while training, the logits [..., V] are
// never all in memory. Leaves out what a caller of `linear` and `crossEntropy` gets more: the logits, a loss a target.
import { tf, tidy } from '@lilformer/engine';
import { Bf16Matrix, type Weight } from './bf16-matrix.js';
import { crossEntropy, crossEntropyReference, type CrossEntropyOptions } from './cross-entropy.js';
import { differentiable } from './differentiable.js';
import { linear, linearReference } from './linear.js';
import { compute, nativeKernels, wantsBf16 } from './memory.js';
import { expectShape, rowCount, shapeText } from './shapes.js';
import { checkedTargets } from './targets.js';

/** What `linearCrossEntropy` takes besides tensors. */
export interface LinearCrossEntropyOptions extends Omit<CrossEntropyOptions, 'reduction'> {
  /** `'mean'` over the targets that count (default), or their `'sum'`. */
  reduction?: 'mean' | 'sum';
}

/**
 * `crossEntropy(linear(x, weight, bias), targets)`.
 *
 * On the native engine the gradients are made on the way forward, a few rows of logits at a time; where no gradient
 * will be asked for, the loss alone.
 *
 * @param x [..., C]
 * @param weight [V, C], PyTorch's layout; one in bf16 gets no gradient
 * @param bias [V]
 * @param targets int32 [...]
 * @returns a scalar
 * @throws Error when the sizes do not fit, or naming the first target outside 0 … V-1 that is not `ignoreIndex`.
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
  const kernels = nativeKernels();
  if (!kernels) return crossEntropy(linear(x, weight, bias), targets, options) as tf.Scalar;
  const rows = rowCount(x);
  const [classes, inputs] = weight.shape as [number, number];
  const share = reduction === 'mean' ? 1 / counted : 1;
  const sources = bias ? [x, weight, bias] : [x, weight];
  return differentiable(
    'linearCrossEntropy',
    sources,
    (save) => {
      let total = 0;
      const shapes = save ? sources.map(({ shape }) => shape) : [];
      const gradients = compute(sources, shapes, ([x, w, b], [dx, dw, db]) => {
        total = kernels.linearCrossEntropy(
          x,
          w,
          b,
          ids,
          dx,
          dw,
          db,
          rows,
          inputs,
          classes,
          ignoreIndex,
          share,
          wantsBf16(),
        );
      });
      save?.(...gradients);
      return tf.scalar(total * share);
    },
    (dy, gradients) => {
      const factor = dy.dataSync()[0];
      return gradients.map((gradient) => (factor === 1 ? gradient : () => tf.mul(gradient, factor)));
    },
  );
}

/** The specification of `linearCrossEntropy`. */
export function linearCrossEntropyReference(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  targets: tf.Tensor,
  options: LinearCrossEntropyOptions = {},
): tf.Scalar {
  return crossEntropyReference(linearReference(x, weight, bias), targets, options) as tf.Scalar;
}

function check(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  targets: tf.Tensor,
  ignoreIndex: number,
): ReturnType<typeof checkedTargets> {
  const given = `x ${shapeText(x.shape)}`;
  if (x.rank < 1 || weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new Error(
      `linearCrossEntropy: ${given} and weight ${shapeText(weight.shape)}, expected x [..., C] and weight [V, C]`,
    );
  }
  const classes = weight.shape[0]!;
  if (bias) expectShape('linearCrossEntropy: bias', bias, [classes], ['V']);
  return checkedTargets('linearCrossEntropy', targets, x.shape.slice(0, -1), classes, ignoreIndex, {
    given,
    expected: 'x [..., C]',
  });
}
