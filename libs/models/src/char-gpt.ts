// A GPT built from its smallest parts, as one teaches it: every attention head a module with its own maps for keys,
// queries and values, dropout after attention and feed-forward network. The heads' maps are put on top of each other
// when used, so it is as fast as one that has them in one matrix.
import { tidy, type tf } from '@lilformer/engine';
import {
  attend,
  Dropout,
  embedAtPositions,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  ReLU,
  Sequential,
  visibleMask,
  type ConstantBuffer,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { linear, residual, stackRows } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { checkChoice, checkConfig, checkShare } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of a {@link CharGPT}. */
export interface CharGPTConfig {
  readonly type: 'char-gpt';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector; a block's inner width is four times that. */
  readonly dModel: number;
  /** Attention heads of each block; they share `dModel` evenly. */
  readonly nHeads: number;
  /** Number of blocks. */
  readonly nLayers: number;
  /** Longest text. */
  readonly contextLength: number;
  /** Share of values that is dropped in training: of attention weights, and of what attention and feed-forward add; default 0. */
  readonly dropout?: number;
  /**
   * What the scores q · k are divided by: the root of a head's width (`'head'`, the default; Vaswani et al., 2017), or
   * the root of the whole width (`'width'`). A score is a sum of headDim products, so the first keeps its deviation near
   * 1 for any number of heads; the second makes scores √nHeads times smaller, and attention softer, the more heads there
   * are. Widely taught code has the second (`wei = q @ k.mT * C ** -0.5` with C the width of the input); weights are only
   * of use with the scale that they were trained with.
   */
  readonly attentionScale?: 'head' | 'width';
}

/** The maps of one attention head, `[headDim, C]` each, none with a bias. */
class Head extends Module {
  /** [T, T], 1 where a query (row) may see a key (column). */
  readonly tril: ConstantBuffer;
  readonly key: Linear;
  readonly query: Linear;
  readonly value: Linear;

  constructor({ dModel, nHeads, contextLength }: CharGPTConfig, random: Random) {
    super();
    this.tril = visibleMask(contextLength);
    this.key = new Linear(dModel, dModel / nHeads, random, { bias: false });
    this.query = new Linear(dModel, dModel / nHeads, random, { bias: false });
    this.value = new Linear(dModel, dModel / nHeads, random, { bias: false });
  }
}

/** Heads side by side, and a map of what they found. */
class MultiHeadAttention extends Module {
  readonly heads: readonly Head[];
  readonly proj: Linear;
  /** For attention weights. */
  readonly weights_dropout: Dropout;
  /** For what attention adds to a token. */
  readonly dropout: Dropout;
  readonly #scale: number;

  constructor(config: Required<CharGPTConfig>, random: Random) {
    super();
    const { dModel, nHeads, dropout, attentionScale } = config;
    this.heads = Array.from({ length: nHeads }, () => new Head(config, random));
    this.proj = new Linear(dModel, dModel, random);
    this.weights_dropout = new Dropout(dropout, random);
    this.dropout = new Dropout(dropout, random);
    this.#scale = 1 / Math.sqrt(attentionScale === 'width' ? dModel : dModel / nHeads);
  }

  /** `[B, T, C]` to the same shape, before dropout. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const { cache, layer = 0 } = options;
    const weight = cache ? cache.constant(layer, () => this.#stacked()) : this.#stacked();
    const qkv = linear(x, weight) as tf.Tensor3D; // [B, T, 3C]
    const of = { heads: this.heads.length, scale: this.#scale, dropout: this.weights_dropout.next() };
    return this.proj.forward(attend(qkv, of, options));
  }

  /** The maps of all heads as one, `[3C, C]`: queries of each head, then keys, then values. */
  #stacked(): tf.Tensor {
    const kinds = ['query', 'key', 'value'] as const;
    return stackRows(kinds.flatMap((kind) => this.heads.map((head) => head[kind].weight.variable)));
  }
}

/** Two maps with a ReLU between them. */
class CharGPTFeedForward extends Module {
  readonly net: Sequential;
  /** For what the network adds to a token. */
  readonly dropout: Dropout;

  constructor({ dModel, dropout }: Required<CharGPTConfig>, random: Random) {
    super();
    this.net = new Sequential(
      new Linear(dModel, 4 * dModel, random),
      new ReLU(),
      new Linear(4 * dModel, dModel, random),
    );
    this.dropout = new Dropout(dropout, random);
  }
}

/** `x + sa(ln1(x))`, then `x + ffwd(ln2(x))`. */
export class CharGPTBlock extends Module {
  readonly sa: MultiHeadAttention;
  readonly ffwd: CharGPTFeedForward;
  readonly ln1: LayerNorm;
  readonly ln2: LayerNorm;

  constructor(config: Required<CharGPTConfig>, random: Random) {
    super();
    this.sa = new MultiHeadAttention(config, random);
    this.ffwd = new CharGPTFeedForward(config, random);
    this.ln1 = new LayerNorm(config.dModel);
    this.ln2 = new LayerNorm(config.dModel);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => this.sa.forward(this.ln1.forward(x), options));
      const [sum, normed] = this.ln2.ofSum(x, attended, this.sa.dropout.next());
      const thought = tidy(() => this.ffwd.net.forward(normed));
      return residual(sum, thought, this.ffwd.dropout.next());
    });
  }
}

/** `nLayers` blocks between token and position embeddings and a last norm. */
export class CharGPT extends LanguageModel {
  readonly config: Required<CharGPTConfig>;
  readonly token_embedding_table: Embedding;
  readonly position_embedding_table: Embedding;
  readonly blocks: readonly CharGPTBlock[];
  readonly ln_f: LayerNorm;
  readonly lm_head: Linear;

  /**
   * @throws RangeError naming the setting that is not a whole number of at least 1, heads that do not divide the width,
   *   a dropout outside of [0, 1), or a scale that there is not
   */
  constructor(settings: Omit<CharGPTConfig, 'type'>, random: Random) {
    super();
    const { dropout = 0, attentionScale = 'head' } = settings;
    const names = ['vocabSize', 'dModel', 'nHeads', 'nLayers', 'contextLength'] as const;
    const sizes = checkConfig('char-gpt', settings, names, ['dropout', 'attentionScale']);
    checkChoice('char-gpt: attentionScale', attentionScale, ['head', 'width']);
    const config = { ...sizes, dropout, attentionScale };
    checkShare('char-gpt: dropout', dropout);
    this.config = Object.freeze(config);
    const { vocabSize, dModel, nLayers, contextLength } = config;
    this.token_embedding_table = new Embedding(vocabSize, dModel, random);
    this.position_embedding_table = new Embedding(contextLength, dModel, random);
    this.blocks = Array.from({ length: nLayers }, () => new CharGPTBlock(config, random));
    this.ln_f = new LayerNorm(dModel);
    this.lm_head = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const places = this.position_embedding_table.weight.variable;
    let x = embedAtPositions(ids, this.token_embedding_table, places, options); // [B, T, C]
    capture?.take('hidden.0', x);
    for (const [layer, block] of this.blocks.entries()) {
      x = block.forward(x, { ...options, layer });
      capture?.take(`hidden.${layer + 1}`, x);
    }
    x = this.ln_f.forward(x);
    capture?.take('hidden.final', x);
    return x;
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}
