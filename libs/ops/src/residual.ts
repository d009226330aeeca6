// The residual connection, with the dropout that a branch passes on its way back in one step. Leaves out the branch.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { checkDropout, dropout as drop, type DropoutMask } from './dropout.js';
import { compute, hasVisibleMemory } from './memory.js';
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
  const { rate, seed, counter } = dropout ?? { rate: 0, seed: 0, counter: 0 };
  return differentiable(
    'residual',
    [x, y],
    () => {
      const branch = rate > 0 ? drop(y, rate, seed, counter) : y;
      return compute([x, branch], [x.shape], ([x, y], [sum]) => {
        for (let i = 0; i < sum.length; i++) sum[i] = x[i] + y[i];
      })[0];
    },
    (dy) => [dy, () => (rate > 0 ? drop(dy, rate, seed, counter) : dy)],
  ) as T;
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
