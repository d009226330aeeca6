// One attention head over token embeddings. Without positions or a residual connection: the sum of what a token attends to
// replaces its embedding.
import type { tf } from '@lilformer/engine';
import { applyLayers, CausalSelfAttention, Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';

const { vocabSize, dModel, contextLength } = fields;
const config = defineConfig('attention', { vocabSize, dModel, contextLength });

/** `unembed(attention(embedding(tokens)))`, with one head. */
class AttentionLM extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly embedding: Embedding;
  readonly attention: CausalSelfAttention;
  readonly unembed: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, contextLength } = this.config;
    this.embedding = new Embedding(vocabSize, dModel, random);
    this.attention = new CausalSelfAttention(dModel, 1, contextLength, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    return applyLayers(this.embedding.forward(ids), [this.attention], options);
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}

export const attention = defineModel({
  config,
  summary: 'one attention head, without positions',
  create: (options: OptionsOf<typeof config>, random) => new AttentionLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('attention.W_q.weight') && weights.has('embedding.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('embedding.weight', 0),
      dModel: weights.size('embedding.weight', 1),
      contextLength: weights.size('attention.mask', -1),
    }),
  },
  costs: ({ vocabSize, dModel }) => transformerCosts({ vocabSize, dModel, nLayers: 1, dFf: 0 }),
});
