// The residual connection, with the dropout that a branch passes on its way back in one step. Leaves out the branch.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { applyDropout, checkDropout, dropout as drop, type DropoutMask } from './dropout.js';
import { compute, hasVisibleMemory, nativeKernels } from './memory.js';
import { expectShape } from './shapes.js';

/**
 * x + dropout(y); without a mask x + y.
 *
 * @param x [...]
 * @param y the shape of x
 * @throws Error when the shapes differ, or the mask is none
 */
export function residual<T extends tf.Tensor>(x: T, y: T, dropout?: DropoutMask): T {
  check(x, y, dropout);
  if (!hasVisibleMemory()) return residualReference(x, y, dropout) as T;
  const mask = dropout && dropout.rate > 0 ? dropout : undefined;
  return differentiable(
    'residual',
    [x, y],
    () => (mask ? applyDropout(y, mask, x) : add(x, y)) as T,
    (dy) => [dy, () => (mask ? applyDropout(dy, mask) : dy)],
  );
}

function add(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const native = nativeKernels();
  return compute([x, y], [x.shape], ([x, y], [sum]) => {
    if (native) native.residualAdd(x, y, sum);
    else for (let i = 0; i < sum.length; i++) sum[i] = x[i] + y[i];
  })[0];
}

/** The specification of `residual`. */
export function residualReference(x: tf.Tensor, y: tf.Tensor, dropout?: DropoutMask): tf.Tensor {
  check(x, y, dropout);
  return tf.add(x, dropout ? drop(y, dropout.rate, dropout.seed, dropout.counter) : y);
}

function check(x: tf.Tensor, y: tf.Tensor, dropout: DropoutMask | undefined): void {
  expectShape('residual: y', y, x.shape, []);
  if (dropout) checkDropout(dropout);
}
