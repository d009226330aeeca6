// References of operations whose implementation on every engine is not a composition of tfjs operations.
import { tf } from '@lilformer/engine';
import { dropout, type DropoutMask } from '../dropout/dropout.js';
import { layerNormReference, rmsNormReference } from '../norms/norms.js';
import { oneHotRows } from '../support/shapes.js';

/** `embedding` as a product with one-hot rows. */
export function embeddingReference(ids: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const rows = oneHotRows(ids.dataSync() as Int32Array, weight.shape[0]!);
  return tf.reshape(tf.matMul(rows, weight as tf.Tensor2D), [...ids.shape, weight.shape[1]!]);
}

export function embeddingWithPositionsReference(
  ids: tf.Tensor,
  weight: tf.Tensor,
  positions: tf.Tensor,
  first = 0,
): tf.Tensor {
  return tf.add(embeddingReference(ids, weight), tf.slice(positions, [first, 0], [ids.shape[1]!, -1]));
}

export function residualReference(x: tf.Tensor, y: tf.Tensor, mask?: DropoutMask): tf.Tensor {
  return tf.add(x, mask ? dropout(y, mask.rate, mask.seed, mask.counter) : y);
}

export function addLayerNormReference(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
): [sum: tf.Tensor, normed: tf.Tensor] {
  const sum = tf.add(x, y);
  return [sum, layerNormReference(sum, weight, bias)];
}

export function addRmsNormReference(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
): [sum: tf.Tensor, normed: tf.Tensor] {
  const sum = tf.add(x, y);
  return [sum, rmsNormReference(sum, weight)];
}
