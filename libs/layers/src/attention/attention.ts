// Scaled dot-product attention between the projections of an attention layer, with or without a key-value cache.
import type { tf } from '@lilformer/engine';
import {
  attention,
  attentionPacked,
  cachedAttention,
  type AttentionResult,
  type DropoutMask,
} from '@lilformer/ops';
import type { LayerOptions } from '../forward/forward-options.js';
import { KeyValueCache, type KeysAndValues } from './key-value-cache.js';

/** Options of {@link attend} and {@link attendTo}. */
interface AttendOptions {
  /** Number of heads; must divide C. */
  readonly nHeads: number;
  /** Factor of the attention scores; default 1 / √headDim (Vaswani et al., 2017, section 3.2.1). */
  readonly scale?: number;
  /** Whether each query attends only to positions up to its own; default true. */
  readonly causal?: boolean;
  /** `[H, T, S]`, added to the scaled attention scores; S includes cached positions. */
  readonly bias?: tf.Tensor;
  /** Dropout of the attention weights. */
  readonly dropout?: DropoutMask;
  /** Computes with unfused operations that store the weights, as with `capture`. For comparison. */
  readonly naive?: boolean;
  /** Prefix of the captured name; default `attn`, and `cross` for {@link attendTo}. */
  readonly name?: string;
}

/**
 * Self-attention, `softmax(q kᵀ · scale) v`; with a cache, of the new tokens to all tokens. Without `capture` the fused
 * operations run.
 *
 * @param qkv `[B, T, 3C]`: queries, keys and values concatenated, each with its heads concatenated; or three `[B, T, C]`
 * @returns `[B, T, C]`. Captures `attn.N` [B, H, T, S], before dropout.
 * @throws TypeError when the cache is not a KeyValueCache
 */
export function attend(
  qkv: tf.Tensor3D | readonly [q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D],
  { nHeads: heads, scale, causal = true, bias, dropout, naive = false, name = 'attn' }: AttendOptions,
  { cache, capture, paddingMask, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const options = { heads, scale, causal, bias, paddingMask, returnWeights: naive || capture !== undefined };
  const packed = isTensor(qkv);
  const q = packed ? qkv : qkv[0];
  const keyValues = KeyValueCache.of(cache);
  const cached = packed ? keyValues?.appendPacked(layer, qkv) : keyValues?.append(layer, qkv[1], qkv[2]);
  let result: AttentionResult;
  if (cached && cached.length > q.shape[1]) {
    result = cachedAttention(q, cached.keys, cached.values, cached.length, options);
  } else if (packed) {
    result = attentionPacked(qkv, { ...options, dropout });
  } else {
    result = attention(...qkv, { ...options, dropout });
  }
  if (result.weights) capture?.take(`${name}.${layer}`, result.weights);
  return result.output;
}

/**
 * Cross-attention, such as a decoder's to the encoder output. `paddingMask` `[B, S]` is that of the attended sequence.
 *
 * @param q `[B, T, C]`
 * @param source returns keys and values `[B, S, C]`; with a cache it is called once per layer
 * @returns `[B, T, C]`. Captures `cross.N` [B, H, T, S], before dropout.
 * @throws TypeError when the cache is not a KeyValueCache
 */
export function attendTo(
  q: tf.Tensor3D,
  source: () => KeysAndValues,
  { nHeads: heads, scale, bias, dropout, naive = false, name = 'cross' }: Omit<AttendOptions, 'causal'>,
  { cache, capture, paddingMask, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const options = { heads, scale, bias, paddingMask, returnWeights: naive || capture !== undefined };
  const keyValues = KeyValueCache.of(cache);
  const { keys, values } = keyValues ? keyValues.cross(layer, source) : source();
  const { output, weights } = keyValues
    ? cachedAttention(q, keys, values, keys.shape[1], { ...options, causal: false })
    : attention(q, keys, values, { ...options, dropout });
  if (weights) capture?.take(`${name}.${layer}`, weights);
  return output;
}

function isTensor(qkv: tf.Tensor3D | readonly tf.Tensor3D[]): qkv is tf.Tensor3D {
  return !Array.isArray(qkv);
}
