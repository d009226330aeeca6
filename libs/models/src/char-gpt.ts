// A GPT with one module per attention head, each with its own key, query and value projections, and dropout after attention
// and feed-forward network. In use the projections of all heads are stacked into one matrix.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  attend,
  Dropout,
  Embedding,
  embedWithPositions,
  LayerNorm,
  Linear,
  Module,
  ReLU,
  residual,
  Sequential,
  causalMask,
  type ConstantBuffer,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { linear, stackRows } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { choice, defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';

const { vocabSize, dModel, nHeads, nLayers, contextLength, dropout } = fields;
const config = defineConfig(
  'char-gpt',
  {
    ...{ vocabSize, dModel, nHeads, nLayers, contextLength, dropout },
    attentionScale: choice(
      'what attention scores are divided by: the square root of the `head` dimension (Vaswani et al., 2017), or of the whole `width`, as some teaching code does; use the one the weights were trained with',
      ['head', 'width'],
    ),
  },
  { divides: { nHeads: 'dModel' } },
);
type Config = ConfigOf<typeof config>;

/** The projections of one attention head, `[headDim, C]` each, without bias. */
class Head extends Module {
  /** `[T, T]`, 1 where a query (row) may attend to a key (column). */
  readonly tril: ConstantBuffer;
  readonly key: Linear;
  readonly query: Linear;
  readonly value: Linear;

  constructor({ dModel, nHeads, contextLength }: Config, random: Random) {
    super();
    this.tril = causalMask(contextLength, 'F32');
    this.key = new Linear(dModel, dModel / nHeads, random, { bias: false });
    this.query = new Linear(dModel, dModel / nHeads, random, { bias: false });
    this.value = new Linear(dModel, dModel / nHeads, random, { bias: false });
  }
}

/** Separate heads and the output projection. */
class MultiHeadAttention extends Module {
  readonly heads: readonly Head[];
  readonly proj: Linear;
  /** Of attention weights. */
  readonly weights_dropout: Dropout;
  /** Of the output. */
  readonly dropout: Dropout;
  readonly #scale: number;

  constructor(config: Config, random: Random) {
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
    const qkv = linear(x, weight); // [B, T, 3C]
    const attention = { nHeads: this.heads.length, scale: this.#scale, dropout: this.weights_dropout.next() };
    return this.proj.forward(attend(qkv, attention, options));
  }

  /** The projections of all heads, `[3C, C]`: queries of each head, then keys, then values. */
  #stacked(): tf.Tensor {
    const kinds = ['query', 'key', 'value'] as const;
    return stackRows(kinds.flatMap((kind) => this.heads.map((head) => head[kind].weight.variable)));
  }
}

/** Two linear layers with a ReLU between them. */
class CharGPTFeedForward extends Module {
  readonly net: Sequential;
  /** Of the output. */
  readonly dropout: Dropout;

  constructor({ dModel, dropout }: Config, random: Random) {
    super();
    this.net = new Sequential(
      new Linear(dModel, 4 * dModel, random),
      new ReLU(),
      new Linear(4 * dModel, dModel, random),
    );
    this.dropout = new Dropout(dropout, random);
  }
}

/** `x + dropout(sa(ln1(x)))`, then `x + dropout(ffwd(ln2(x)))`. */
class CharGPTBlock extends Module {
  readonly sa: MultiHeadAttention;
  readonly ffwd: CharGPTFeedForward;
  readonly ln1: LayerNorm;
  readonly ln2: LayerNorm;

  constructor(config: Config, random: Random) {
    super();
    this.sa = new MultiHeadAttention(config, random);
    this.ffwd = new CharGPTFeedForward(config, random);
    this.ln1 = new LayerNorm(config.dModel);
    this.ln2 = new LayerNorm(config.dModel);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const [h, normed] = this.ln2.addNorm(
      x,
      () => this.sa.forward(this.ln1.forward(x), options),
      this.sa.dropout,
    );
    return residual(h, () => this.ffwd.net.forward(normed), this.ffwd.dropout);
  }
}

/** `nLayers` blocks between token and position embeddings and a final norm. */
export class CharGPT extends LanguageModel {
  readonly config: Config;
  readonly token_embedding_table: Embedding;
  readonly position_embedding_table: Embedding;
  readonly blocks: readonly CharGPTBlock[];
  readonly ln_f: LayerNorm;
  readonly lm_head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, nLayers, contextLength } = this.config;
    this.token_embedding_table = new Embedding(vocabSize, dModel, random);
    this.position_embedding_table = new Embedding(contextLength, dModel, random);
    this.blocks = Array.from({ length: nLayers }, () => new CharGPTBlock(this.config, random));
    this.ln_f = new LayerNorm(dModel);
    this.lm_head = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const x = embedWithPositions(ids, this.token_embedding_table, this.position_embedding_table, options); // [B, T, C]
    return applyLayers(x, this.blocks, options, this.ln_f);
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

export const charGPT = defineModel({
  config,
  summary: 'a GPT with separate per-head projections and dropout',
  create: (options: OptionsOf<typeof config>, random) => new CharGPT(options, random),
  stateDict: {
    recognize: (weights) => weights.has('blocks.0.sa.heads.0.key.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('token_embedding_table.weight', 0),
      dModel: weights.size('token_embedding_table.weight', 1),
      nHeads: weights.count('blocks.0.sa.heads'),
      nLayers: weights.count('blocks'),
      contextLength: weights.size('position_embedding_table.weight', 0),
      attentionScale: 'width', // of the code that has these names
    }),
  },
  costs: ({ vocabSize, dModel, nLayers }) =>
    transformerCosts({ vocabSize, dModel, nLayers, dFf: 4 * dModel }),
});
