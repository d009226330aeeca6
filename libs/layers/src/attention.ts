// Causal self-attention: each token mixes what the tokens up to itself have to say. Two layouts of the
// same arithmetic, softmax(q kᵀ / √headDim) v (Vaswani et al., 2017, equation 1), for two families of
// checkpoints: separate maps for q, k, v and o, or one map for q, k and v together.
import type { tf } from '@lilformer/engine';
import { attentionPacked, cachedAttention, linear, stackRows, type DropoutMask } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { futureMask } from './constants.js';
import { Dropout } from './dropout.js';
import type { LayerOptions } from './forward-options.js';
import { KeyValueCache } from './key-value-cache.js';
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
  /** The weights that are dropped in this pass. */
  readonly dropout?: DropoutMask;
  /** Compute in plain operations that keep all weights in memory, as with `capture`: slower, for comparison. */
  readonly naive?: boolean;
}

/**
 * Causal attention of a text to itself, or of new tokens to all tokens of a cache: the part between the two maps of an
 * attention layer, for layers with maps of their own. Without `capture` the fused operations run, with it the ones that
 * keep the weights.
 *
 * @param qkv `[B, T, 3C]`: queries, keys and values side by side, each with its heads side by side
 * @returns `[B, T, C]`. Captures `attn.N` [B, H, T, T], before dropout.
 * @throws TypeError when the cache is none of keys and values
 */
export function attend(
  qkv: tf.Tensor3D,
  { heads, scale, dropout, naive = false }: AttendOptions,
  { cache, capture, paddingMask, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const returnWeights = naive || capture !== undefined;
  const options = { heads, scale, paddingMask, returnWeights };
  const cached = KeyValueCache.of(cache)?.appendPacked(layer, qkv);
  const { output, weights } =
    cached && cached.length > qkv.shape[1]
      ? cachedAttention(qkv, cached.keys, cached.values, cached.length, options)
      : attentionPacked(qkv, { ...options, causal: true, dropout });
  if (weights) capture?.take(`attn.${layer}`, weights);
  return output as tf.Tensor3D;
}
