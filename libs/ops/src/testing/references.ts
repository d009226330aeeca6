// References of operations whose implementation on every engine is not a composition of tfjs operations.
import { tf } from '@lilformer/engine';
import { attentionReference, type AttentionResult } from '../attention/attention.js';
import type { CachedAttentionOptions } from '../attention/cached-attention.js';
import { dropout, type DropoutMask } from '../dropout/dropout.js';
import type { Expert } from '../embedding/experts.js';
import { linearReference } from '../linear/linear.js';
import { crossEntropyReference } from '../losses/cross-entropy.js';
import type { LinearCrossEntropyOptions } from '../losses/linear-cross-entropy.js';
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

/** The reference of `cachedAttention`: attention over the positions in use. */
export function cachedAttentionReference(
  q: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  length: number,
  options: CachedAttentionOptions,
): AttentionResult {
  const first = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 0, 0], [-1, length, -1]);
  const queries = tf.slice(q, [0, 0, 0], [-1, -1, keys.shape[2]!]);
  return attentionReference(queries, first(keys), first(values), { causal: true, ...options });
}

/** The reference of `linearCrossEntropy`. */
export function linearCrossEntropyReference(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  targets: tf.Tensor,
  options: LinearCrossEntropyOptions = {},
): tf.Scalar {
  return crossEntropyReference(linearReference(x, weight, bias), targets, options) as tf.Scalar;
}

/** The reference of `dispatchToExperts`: every expert on every row, summed with one-hot weights. */
export function dispatchToExpertsReference(
  x: tf.Tensor,
  route: tf.Tensor,
  experts: readonly Expert[],
): tf.Tensor {
  const outputs = experts.map((expert, i) => {
    const chosen = tf.cast(tf.equal(route, tf.scalar(i, 'int32')), 'float32');
    return tf.mul(expert(x), tf.expandDims(chosen, 1));
  });
  return outputs.reduce((sum, output) => tf.add(sum, output));
}
