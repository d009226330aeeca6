// A bigram model: the next token depends on the current token alone, through a factored table embedding · unembed.
import type { tf } from '@lilformer/engine';
import { applyLayers, Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';

const config = defineConfig('bigram', { vocabSize: fields.vocabSize, dModel: fields.dModel });

/** `unembed(embedding(token))`, for sequences of any length. */
export class BigramLM extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly embedding: Embedding;
  readonly unembed: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel } = this.config;
    this.embedding = new Embedding(vocabSize, dModel, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    return applyLayers(this.embedding.forward(ids), [], options);
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}

export const bigram = defineModel({
  config,
  summary: 'each token predicted from the one before',
  create: (options: OptionsOf<typeof config>, random) => new BigramLM(options, random),
  stateDict: {
    recognize: (weights) =>
      weights.has('embedding.weight') && weights.has('unembed.weight') && weights.entries.size === 3,
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('embedding.weight', 0),
      dModel: weights.size('embedding.weight', 1),
    }),
  },
  costs: ({ vocabSize, dModel }) => transformerCosts({ vocabSize, dModel, nLayers: 0, dFf: 0 }),
});
