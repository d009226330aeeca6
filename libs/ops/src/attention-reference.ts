// The specification of attention, composed from plain operations: every score of the batch exists at once. It runs
// on every engine, and where somebody wants to see the weights.
import { tf } from '@lilformer/engine';
import type { AttentionOptions, AttentionResult } from './attention.js';
import { checkDropout, fillDropoutMask } from './dropout.js';

/** The specification of `attention`; differentiable in q, k, v and the bias, through the weights too. */
export function attentionReference(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  { heads, causal = false, scale, paddingMask, bias, dropout, returnWeights = false }: AttentionOptions,
): AttentionResult {
  const [batch, queries, width] = q.shape as [number, number, number];
  const keys = k.shape[1]!;
  const headDim = width / heads;
  const split = (x: tf.Tensor, length: number): tf.Tensor =>
    tf.transpose(tf.reshape(x, [batch, length, heads, headDim]), [0, 2, 1, 3]); // [B, H, T, headDim]
  const factor = scale ?? 1 / Math.sqrt(headDim);
  let scores = tf.mul(tf.matMul(split(q, queries), split(k, keys), false, true), factor); // [B, H, Tq, Tk]
  if (bias) scores = tf.add(scores, bias);
  let weights: tf.Tensor;
  const visible = visibility(batch, queries, keys, causal, paddingMask);
  if (visible) {
    // Hidden scores are far below all others, and their weights exactly zero, also in a row that sees nothing.
    scores = tf.add(scores, tf.mul(tf.sub(visible, 1), 1e9));
    weights = tf.mul(tf.softmax(scores), visible);
  } else {
    weights = tf.softmax(scores);
  }
  let used = weights;
  if (dropout) {
    checkDropout(dropout);
    const mask = new Float32Array(weights.size);
    const tiled = 8 * Math.ceil(queries / 8); // rows of the mask from one head to the next: whole tiles
    for (let i = 0; i < batch * heads; i++) {
      const part = mask.subarray(i * queries * keys, (i + 1) * queries * keys);
      fillDropoutMask(part, dropout, keys, i * tiled);
    }
    used = tf.mul(weights, tf.tensor(mask, weights.shape));
  }
  const mixed = tf.transpose(tf.matMul(used, split(v, keys)), [0, 2, 1, 3]); // [B, Tq, H, headDim]
  return {
    output: tf.reshape(mixed, [batch, queries, width]),
    weights: returnWeights ? weights : undefined,
  };
}

/** 1 where a query sees a key, 0 where not: [B or 1, 1, Tq or 1, Tk]; undefined where every query sees every key. */
function visibility(
  batch: number,
  queries: number,
  keys: number,
  causal: boolean,
  paddingMask: tf.Tensor | undefined,
): tf.Tensor | undefined {
  let visible: tf.Tensor | undefined;
  if (causal) {
    const triangle = new Float32Array(queries * keys);
    for (let i = 0; i < queries; i++) triangle.fill(1, i * keys, i * keys + i + 1 + keys - queries);
    visible = tf.tensor(triangle, [1, 1, queries, keys]);
  }
  if (paddingMask) {
    const present = tf.cast(tf.reshape(paddingMask, [batch, 1, 1, keys]), 'float32');
    visible = visible ? tf.mul(visible, present) : present;
  }
  return visible;
}
