// Attention followed by a feed-forward network, without residual connections: each output replaces its input.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  CausalSelfAttention,
  Embedding,
  embedWithPositions,
  FeedForward,
  Linear,
  type ForwardOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel, embeddingSizes } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { POSITION_STD } from './core/position-std.js';

const { vocabSize, dModel, dFf, contextLength } = fields;
const config = defineConfig(
  'attention-ffn',
  { vocabSize, dModel, dFf, contextLength },
  { derive: ({ dFf, dModel }) => ({ dFf: dFf ?? 4 * dModel }) },
);

/** `unembed(ffn(attention(token_embedding(tokens) + position_embedding(positions))))`, with one head. */
class AttentionFFNLM extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly attention: CausalSelfAttention;
  readonly ffn: FeedForward;
  readonly unembed: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, dFf, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random, { std: POSITION_STD });
    this.attention = new CausalSelfAttention(dModel, 1, contextLength, random);
    this.ffn = new FeedForward(dModel, dFf, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const x = embedWithPositions(ids, this.token_embedding, this.position_embedding, options); // [B, T, C]
    return applyLayers(x, [this.attention, this.ffn], options);
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}

export const attentionFFN = defineModel({
  config,
  summary: 'attention and a feed-forward network, without residual connections',
  create: (options: OptionsOf<typeof config>, random) => new AttentionFFNLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('ffn.linear1.weight'),
    sizesFromWeights: (weights) => ({
      ...embeddingSizes(weights),
      dFf: weights.size('ffn.linear1.weight', 0),
    }),
  },
  costs: ({ vocabSize, dModel, dFf }) => transformerCosts({ vocabSize, dModel, nLayers: 1, dFf }),
});
