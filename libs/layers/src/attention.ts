// Attention between its maps, of a text to itself or to another, with or without a cache; and two whole layers of causal
// self-attention, where each token mixes what the tokens up to itself have to say: the same arithmetic, softmax(q kᵀ /
// √headDim) v (Vaswani et al., 2017, equation 1), in two layouts, separate maps for q, k, v and o, or one map for q, k and
// v together.
import type { tf } from '@lilformer/engine';
import {
  attention,
  attentionPacked,
  cachedAttention,
  linear,
  stackRows,
  type AttentionResult,
  type DropoutMask,
} from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { futureMask } from './constants.js';
import { Dropout } from './dropout.js';
import type { LayerOptions } from './forward-options.js';
import { KeyValueCache, type CrossTokens } from './key-value-cache.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import type { ConstantBuffer } from './parameter.js';
import { headDimension } from './sizes.js';

/** Causal attention with separate maps `W_q`, `W_k`, `W_v` and `W_o`, none with a bias. */
export class CausalSelfAttention extends Module {
  readonly W_q: Linear;
  readonly W_k: Linear;
  readonly W_v: Linear;
  readonly W_o: Linear;
  readonly mask: ConstantBuffer;

  /**
   * @param width size of a token's vector, shared evenly by the heads
   * @param heads number of attention patterns
   * @param contextLength longest text; only the mask in the state dict depends on it
   * @throws RangeError when a size is not a whole number of at least 1, or heads do not divide the width
   */
  constructor(
    width: number,
    readonly heads: number,
    contextLength: number,
    random: Random,
  ) {
    super();
    headDimension(width, heads);
    this.mask = futureMask(contextLength);
    this.W_q = new Linear(width, width, random, { bias: false });
    this.W_k = new Linear(width, width, random, { bias: false });
    this.W_v = new Linear(width, width, random, { bias: false });
    this.W_o = new Linear(width, width, random, { bias: false });
  }

  /** `[B, T, C]` to the same shape. Captures `attn.N` [B, H, T, T]. */
  forward(x: tf.Tensor3D, options: LayerOptions = {}): tf.Tensor3D {
    // Three maps of one input are one product.
    const { cache, layer = 0 } = options;
    const weight = cache ? cache.constant(layer, () => this.#stacked()) : this.#stacked();
    const qkv = linear(x, weight) as tf.Tensor3D; // [B, T, 3C]
    return this.W_o.forward(attend(qkv, this, options));
  }

  /** `[3C, C]` */
  #stacked(): tf.Tensor {
    return stackRows([this.W_q.weight.variable, this.W_k.weight.variable, this.W_v.weight.variable]);
  }
}

/**
 * Causal attention with one map for q, k and v, in this order, and one for the output; none has a bias. In training,
 * `dropout` drops attention weights.
 */
export class PackedSelfAttention extends Module {
  readonly qkv_proj: Linear;
  readonly out_proj: Linear;
  /** Absent without dropout. */
  readonly dropout: Dropout | undefined;

  /**
   * @param width size of a token's vector, shared evenly by the heads
   * @param heads number of attention patterns
   * @param options.dropout share of the attention weights that is dropped in training; default 0
   * @throws RangeError when a size is not a whole number of at least 1, heads do not divide the width, or dropout is
   *   not in [0, 1)
   */
  constructor(
    width: number,
    readonly heads: number,
    random: Random,
    { dropout = 0 }: { dropout?: number } = {},
  ) {
    super();
    headDimension(width, heads);
    this.qkv_proj = new Linear(width, 3 * width, random, { bias: false });
    this.out_proj = new Linear(width, width, random, { bias: false });
    this.dropout = dropout === 0 ? undefined : new Dropout(dropout, random);
  }

  /** `[B, T, C]` to the same shape. Captures `attn.N` [B, H, T, T]. */
  forward(x: tf.Tensor3D, options: LayerOptions = {}): tf.Tensor3D {
    const qkv = this.qkv_proj.forward(x); // [B, T, 3C]
    return this.out_proj.forward(attend(qkv, { heads: this.heads, dropout: this.dropout?.next() }, options));
  }
}

/** What the heads of an attention layer are like. */
export interface AttendOptions {
  /** Number of attention patterns, which share the width evenly. */
  readonly heads: number;
  /** Factor on the scores; 1 / √headDim without (Vaswani et al., section 3.2.1). */
  readonly scale?: number;
  /** Whether a token sees only those up to itself; true without. */
  readonly causal?: boolean;
  /** `[H, T, S]`, added to the scaled scores of the T new tokens with all S they may look at, the cache's included. */
  readonly bias?: tf.Tensor;
  /** The weights that are dropped in this pass. */
  readonly dropout?: DropoutMask;
  /** Compute in plain operations that keep all weights in memory, as with `capture`: slower, for comparison. */
  readonly naive?: boolean;
  /** The captured name in front of the layer's number; `attn` without, and `cross` for `attendTo`. */
  readonly name?: string;
}

/**
 * Attention of a text to itself, or of new tokens to all tokens of a cache: the part between the maps of an attention
 * layer, for layers with maps of their own. Without `capture` the fused operations run, with it the ones that keep the
 * weights.
 *
 * @param qkv `[B, T, 3C]`: queries, keys and values side by side, each with its heads side by side; or the three of them,
 *   `[B, T, C]` each
 * @returns `[B, T, C]`. Captures `attn.N` [B, H, T, S], before dropout.
 * @throws TypeError when the cache is none of keys and values
 */
export function attend(
  qkv: tf.Tensor3D | readonly [q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D],
  { heads, scale, causal = true, bias, dropout, naive = false, name = 'attn' }: AttendOptions,
  { cache, capture, paddingMask, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const options = { heads, scale, causal, bias, paddingMask, returnWeights: naive || capture !== undefined };
  const packed = isTensor(qkv);
  const q = packed ? qkv : qkv[0];
  const memory = KeyValueCache.of(cache);
  const cached = packed ? memory?.appendPacked(layer, qkv) : memory?.append(layer, qkv[1], qkv[2]);
  let result: AttentionResult;
  if (cached && cached.length > q.shape[1]) {
    result = cachedAttention(q, cached.keys, cached.values, cached.length, options);
  } else if (packed) {
    result = attentionPacked(qkv, { ...options, dropout });
  } else {
    result = attention(...qkv, { ...options, dropout });
  }
  if (result.weights) capture?.take(`${name}.${layer}`, result.weights);
  return result.output as tf.Tensor3D;
}

/**
 * Attention of a text to another one, as a decoder's to what the encoder made of its input: every token sees all that
 * `paddingMask` `[B, S]`, which is the other text's here, lets it.
 *
 * @param q `[B, T, C]`
 * @param source gives the other text's keys and values, `[B, S, C]`; with a cache it is asked once, for all tokens to come
 * @returns `[B, T, C]`. Captures `cross.N` [B, H, T, S], before dropout.
 * @throws TypeError when the cache is none of keys and values
 */
export function attendTo(
  q: tf.Tensor3D,
  source: () => CrossTokens,
  { heads, scale, bias, dropout, naive = false, name = 'cross' }: Omit<AttendOptions, 'causal'>,
  { cache, capture, paddingMask, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const options = { heads, scale, bias, paddingMask, returnWeights: naive || capture !== undefined };
  const memory = KeyValueCache.of(cache);
  const { keys, values } = memory ? memory.cross(layer, source) : source();
  const { output, weights } = memory
    ? cachedAttention(q, keys, values, keys.shape[1], { ...options, causal: false })
    : attention(q, keys, values, { ...options, dropout });
  if (weights) capture?.take(`${name}.${layer}`, weights);
  return output as tf.Tensor3D;
}

function isTensor(qkv: tf.Tensor3D | readonly tf.Tensor3D[]): qkv is tf.Tensor3D {
  return !Array.isArray(qkv);
}
