// Two gradients of one tensor added, without a third where nobody can tell. Leaves out who owns them.
import { tf } from '@lilformer/engine';
import { mayOverwrite, nativeKernels, visit } from './memory.js';

/**
 * a + b, in the memory of one of the two where the engine knows that no other tensor and no caller has it; the `add` of
 * `valueAndGradients`. Both tensors have to be the caller's own, as one of them may change.
 *
 * @param a,b float32 of one shape
 * @returns a, b or a new tensor; who calls disposes the others
 */
export function addGradients(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const native = nativeKernels();
  if (!native || a === b || !tf.util.arraysEqual(a.shape, b.shape)) return tf.add(a, b);
  const [sum, more] = mayOverwrite(a) ? [a, b] : [b, a];
  if (!mayOverwrite(sum)) return tf.add(a, b);
  visit([more, sum], (more, sum) => native.accumulate(more as Float32Array, sum as Float32Array));
  return sum;
}
