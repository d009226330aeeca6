// Numbers out of a computation whose tensors are freed.
import { tf } from '@lilformer/engine';

/**
 * The values of the tensor that `make` gives; all tensors made on the way are freed. Not handed through `tf.tidy`, which looks for
 * tensors in what it gives back, at every number of an array.
 */
export function valuesOf(make: () => tf.Tensor): Float32Array {
  let values!: Float32Array;
  tf.tidy(() => {
    values = make().dataSync<'float32'>();
  });
  return values;
}
