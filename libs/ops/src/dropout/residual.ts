// The residual connection, with the dropout of the branch in the same pass.
import { differentiable, tf } from '@lilformer/engine';
import { compute, dispatch } from '../support/kernels.js';
import { expectShape } from '../support/shapes.js';
import { applyDropout, checkDropout, type DropoutMask } from './dropout.js';

/**
 * x + dropout(y), or x + y without a mask.
 *
 * @param x [...]
 * @param y the shape of x
 * @throws Error when the shapes differ, or the mask is invalid
 */
export function residual<T extends tf.Tensor>(x: T, y: T, dropout?: DropoutMask): T {
  expectShape('residual: y', y, x.shape, []);
  if (dropout) checkDropout(dropout);
  const mask = dropout && dropout.rate > 0 ? dropout : undefined;
  return differentiable(
    'residual',
    [x, y],
    () => (mask ? applyDropout(y, mask, x) : add(x, y)) as T,
    (dy) => [dy, () => (mask ? applyDropout(dy, mask) : dy)],
  );
}

function add(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return dispatch(
    (kernels) => compute([x, y], [x.shape], ([x, y], [sum]) => kernels.residualAdd({ x, y, sum }))[0],
    () => tf.add(x, y),
  );
}
