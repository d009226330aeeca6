// GPT-2 as a user of the layers would write it (Radford et al., 2019): learned positions, pre-norm blocks, biases
// everywhere but in the output map, whose weights are the token embedding's. Leaves out dropout and checkpoints.
import { tf } from '@lilformer/engine';
import { embedAtPositions, Embedding, LayerNorm, Linear, Module, type Parameter } from '@lilformer/layers';
import { KeyValueCache, LanguageModel, type ForwardOptions } from '@lilformer/models';
import { attentionPacked, cachedAttention, linear, residual } from '@lilformer/ops';
import type { Random } from '@lilformer/random';

/** Sizes of a GPT-2, named as Hugging Face names them. */
export interface Gpt2Sizes {
  readonly vocab_size: number;
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  readonly n_positions: number;
}

/** A map to the vocabulary by the token embedding's own weights. */
class TiedHead extends Module {
  readonly weight: Parameter;
  readonly bias = null;

  constructor(embedding: Embedding) {
    super();
    this.weight = embedding.weight;
  }

  /** `[..., C]` to `[..., V]`. */
  forward<T extends tf.Tensor>(x: T): T {
    return linear(x, this.weight.variable) as T;
  }
}

class Block extends Module {
  readonly ln_1: LayerNorm;
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly ln_2: LayerNorm;
  readonly c_fc: Linear;
  readonly c_out: Linear;

  constructor(
    { n_embd: width }: Gpt2Sizes,
    readonly heads: number,
    random: Random,
  ) {
    super();
    this.ln_1 = new LayerNorm(width);
    this.c_attn = new Linear(width, 3 * width, random);
    this.c_proj = new Linear(width, width, random);
    this.ln_2 = new LayerNorm(width);
    this.c_fc = new Linear(width, 4 * width, random);
    this.c_out = new Linear(4 * width, width, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, layer: number, { cache }: ForwardOptions): tf.Tensor3D {
    return tf.tidy(() => {
      const qkv = this.c_attn.forward(this.ln_1.forward(x)); // [B, T, 3C]
      const [sum, normed] = this.ln_2.ofSum(x, this.c_proj.forward(this.#attend(qkv, layer, cache)));
      return residual(sum, this.c_out.forward(this.c_fc.forward(normed, 'geluTanh')));
    });
  }

  #attend(qkv: tf.Tensor3D, layer: number, cache: ForwardOptions['cache']): tf.Tensor3D {
    if (!cache) return attentionPacked(qkv, { heads: this.heads, causal: true }).output as tf.Tensor3D;
    const { keys, values, length } = KeyValueCache.of(cache)!.appendPacked(layer, qkv);
    return cachedAttention(qkv, keys, values, length, { heads: this.heads }).output as tf.Tensor3D;
  }
}

/** A GPT-2 with random weights. */
export class BenchGpt2 extends LanguageModel {
  readonly config: { readonly type: string; readonly vocabSize: number; readonly contextLength: number };
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly h: readonly Block[];
  readonly ln_f: LayerNorm;
  readonly lm_head: TiedHead;

  constructor(sizes: Gpt2Sizes, random: Random) {
    super();
    const { vocab_size: vocabSize, n_embd: width, n_layer, n_head, n_positions: contextLength } = sizes;
    this.config = { type: 'bench-gpt2', vocabSize, contextLength };
    this.wte = new Embedding(vocabSize, width, random);
    this.wpe = new Embedding(contextLength, width, random);
    this.h = Array.from({ length: n_layer }, () => new Block(sizes, n_head, random));
    this.ln_f = new LayerNorm(width);
    this.lm_head = new TiedHead(this.wte);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    let x = embedAtPositions(ids, this.wte, this.wpe.weight.variable, options); // [B, T, C]
    for (const [layer, block] of this.h.entries()) x = block.forward(x, layer, options);
    return this.ln_f.forward(x);
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}
