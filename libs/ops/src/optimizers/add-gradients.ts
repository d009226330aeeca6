// In-place accumulation of gradients.
import { tf } from '@lilformer/engine';
import { dispatch, mayOverwrite, memoryOf } from '../support/kernels.js';

/**
 * a + b, in the memory of a or b where the engine may overwrite it; the `add` of `valueAndGradients`.
 *
 * @param a,b float32 of one shape, both owned by the caller
 * @returns a, b or a new tensor; the caller disposes the others
 */
export function addGradients(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [sum, other] = mayOverwrite(a) ? [a, b] : [b, a];
  return dispatch(
    (kernels) => {
      kernels.accumulate({ x: memoryOf(other), y: memoryOf(sum) });
      return sum;
    },
    () => tf.add(a, b),
    a !== b && tf.util.arraysEqual(a.shape, b.shape) && mayOverwrite(sum),
  );
}
