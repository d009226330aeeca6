// Causal multi-head self-attention (Vaswani et al., 2017) with separate or packed projections.
import type { tf } from '@lilformer/engine';
import { linear, stackRows } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { causalMask } from '../basic/constants.js';
import { Dropout } from '../basic/dropout.js';
import { Linear } from '../basic/linear.js';
import type { LayerOptions } from '../forward/forward-options.js';
import { Module } from '../module/module.js';
import type { ConstantBuffer } from '../module/parameter.js';
import { checkHeads } from '../module/sizes.js';
import { attend } from './attention.js';

/** Causal self-attention with separate projections `W_q`, `W_k`, `W_v` and `W_o`, without biases. */
export class CausalSelfAttention extends Module {
  readonly W_q: Linear;
  readonly W_k: Linear;
  readonly W_v: Linear;
  readonly W_o: Linear;
  readonly mask: ConstantBuffer;

  /**
   * @param contextLength size of the mask in the state dict
   * @throws RangeError when a size is not a positive integer, or nHeads does not divide dModel
   */
  constructor(
    dModel: number,
    readonly nHeads: number,
    contextLength: number,
    random: Random,
  ) {
    super();
    checkHeads(dModel, nHeads);
    this.mask = causalMask(contextLength, 'BOOL');
    this.W_q = new Linear(dModel, dModel, random, { bias: false });
    this.W_k = new Linear(dModel, dModel, random, { bias: false });
    this.W_v = new Linear(dModel, dModel, random, { bias: false });
    this.W_o = new Linear(dModel, dModel, random, { bias: false });
  }

  /** `[B, T, C]` to the same shape. Captures `attn.N` [B, H, T, T]. */
  forward(x: tf.Tensor3D, options: LayerOptions = {}): tf.Tensor3D {
    // One matrix product computes all three projections.
    const { cache, layer = 0 } = options;
    const weight = cache ? cache.constant(layer, () => this.#packedWeight()) : this.#packedWeight();
    const qkv = linear(x, weight); // [B, T, 3C]
    return this.W_o.forward(attend(qkv, { nHeads: this.nHeads }, options));
  }

  /** `[3C, C]` */
  #packedWeight(): tf.Tensor {
    return stackRows([this.W_q.weight.variable, this.W_k.weight.variable, this.W_v.weight.variable]);
  }
}

/** Causal self-attention with one projection for queries, keys and values, without biases. */
export class PackedSelfAttention extends Module {
  readonly qkv_proj: Linear;
  readonly out_proj: Linear;
  /** Undefined when the rate is 0. */
  readonly dropout: Dropout | undefined;

  /**
   * @param options.dropout dropout rate of the attention weights; default 0
   * @throws RangeError when a size is not a positive integer, nHeads does not divide dModel, or dropout is not in [0, 1)
   */
  constructor(
    dModel: number,
    readonly nHeads: number,
    random: Random,
    { dropout = 0 }: { dropout?: number } = {},
  ) {
    super();
    checkHeads(dModel, nHeads);
    this.qkv_proj = new Linear(dModel, 3 * dModel, random, { bias: false });
    this.out_proj = new Linear(dModel, dModel, random, { bias: false });
    this.dropout = dropout === 0 ? undefined : new Dropout(dropout, random);
  }

  /** `[B, T, C]` to the same shape. Captures `attn.N` [B, H, T, T]. */
  forward(x: tf.Tensor3D, options: LayerOptions = {}): tf.Tensor3D {
    const qkv = this.qkv_proj.forward(x); // [B, T, 3C]
    const { nHeads } = this;
    return this.out_proj.forward(attend(qkv, { nHeads, dropout: this.dropout?.next() }, options));
  }
}
