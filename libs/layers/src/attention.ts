// Causal self-attention: each token mixes what the tokens up to itself have to say. Two layouts of the
// same arithmetic, softmax(q kᵀ / √headDim) v (Vaswani et al., 2017, equation 1), for two families of
// checkpoints: separate maps for q, k, v and o, or one map for q, k and v together.
import { tf } from '@lilformer/engine';
import { attention, attentionPacked } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { futureMask } from './constants.js';
import type { LayerOptions } from './forward-options.js';
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
    const q = this.W_q.forward(x);
    const k = this.W_k.forward(x);
    const v = this.W_v.forward(x);
    return this.W_o.forward(attend(q, k, v, this.heads, options));
  }
}

/** Causal attention with one map for q, k and v, in this order, and one for the output; none has a bias. */
export class PackedSelfAttention extends Module {
  readonly qkv_proj: Linear;
  readonly out_proj: Linear;

  /**
   * @param width size of a token's vector, shared evenly by the heads
   * @param heads number of attention patterns
   * @throws RangeError when a size is not a whole number of at least 1, or heads do not divide the width
   */
  constructor(
    width: number,
    readonly heads: number,
    random: Random,
  ) {
    super();
    headDimension(width, heads);
    this.qkv_proj = new Linear(width, 3 * width, random, { bias: false });
    this.out_proj = new Linear(width, width, random, { bias: false });
  }

  /** `[B, T, C]` to the same shape. Captures `attn.N` [B, H, T, T]. */
  forward(x: tf.Tensor3D, options: LayerOptions = {}): tf.Tensor3D {
    const qkv = this.qkv_proj.forward(x); // [B, T, 3C]
    if (options.cache) {
      const [q, k, v] = tf.split<tf.Tensor3D>(qkv, 3, 2);
      return this.out_proj.forward(attend(q, k, v, this.heads, options));
    }
    const { capture, paddingMask, layer = 0 } = options;
    const settings = { heads: this.heads, causal: true, paddingMask, returnWeights: capture !== undefined };
    const { output, weights } = attentionPacked(qkv, settings);
    if (weights) capture?.take(`attn.${layer}`, weights);
    return this.out_proj.forward(output as tf.Tensor3D);
  }
}

/** Attention of `[B, Tnew, C]` queries over the cache's tokens and the new ones. */
function attend(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
  { cache, capture, paddingMask, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const { keys, values } = cache ? cache.append(layer, k, v) : { keys: k, values: v };
  const settings = { heads, causal: true, paddingMask, returnWeights: capture !== undefined };
  const { output, weights } = attention(q, keys, values, settings);
  if (weights) capture?.take(`attn.${layer}`, weights);
  return output as tf.Tensor3D;
}
