// One attention head over token embeddings plus learned position embeddings, so that attention knows the order of tokens.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  CausalSelfAttention,
  Embedding,
  embedWithPositions,
  Linear,
  type ForwardOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel, embeddingSizes } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { POSITION_STD } from './core/position-std.js';

const { vocabSize, dModel, contextLength } = fields;
const config = defineConfig('positional-attention', { vocabSize, dModel, contextLength });

/** `unembed(attention(token_embedding(tokens) + position_embedding(positions)))`, with one head. */
class PositionalAttentionLM extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly attention: CausalSelfAttention;
  readonly unembed: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random, { std: POSITION_STD });
    this.attention = new CausalSelfAttention(dModel, 1, contextLength, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const x = embedWithPositions(ids, this.token_embedding, this.position_embedding, options); // [B, T, C]
    return applyLayers(x, [this.attention], options);
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}

export const positionalAttention = defineModel({
  config,
  summary: 'one attention head, with learned positions',
  create: (options: OptionsOf<typeof config>, random) => new PositionalAttentionLM(options, random),
  stateDict: {
    recognize: (weights) =>
      weights.has('position_embedding.weight') &&
      weights.has('attention.W_q.weight') &&
      !weights.has('ffn.linear1.weight'),
    sizesFromWeights: embeddingSizes,
  },
  costs: ({ vocabSize, dModel }) => transformerCosts({ vocabSize, dModel, nLayers: 1, dFf: 0 }),
});
