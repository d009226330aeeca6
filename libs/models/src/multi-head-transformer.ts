// Stacked pre-norm transformer blocks with any number of heads, and the same model with one head under its own name.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  Embedding,
  embedWithPositions,
  LayerNorm,
  Linear,
  type ForwardOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel, embeddingSizes, type StateShapes } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { POSITION_STD } from './core/position-std.js';
import { TransformerBlock } from './transformer.js';

const { vocabSize, dModel, dFf, nLayers, nHeads, contextLength } = fields;
const config = defineConfig(
  'multi-head-transformer',
  { vocabSize, dModel, dFf, nLayers, nHeads, contextLength },
  { derive: ({ dFf, dModel }) => ({ dFf: dFf ?? 4 * dModel }), divides: { nHeads: 'dModel' } },
);
const stackedConfig = defineConfig(
  'stacked-transformer',
  { vocabSize, dModel, dFf, nLayers, contextLength },
  { derive: ({ dFf, dModel }) => ({ dFf: dFf ?? 4 * dModel }) },
);

/** `nLayers` transformer blocks between embeddings and a final norm. */
abstract class TransformerStack extends LanguageModel {
  abstract override readonly config: ConfigOf<typeof config> | ConfigOf<typeof stackedConfig>;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly blocks: readonly TransformerBlock[];
  readonly ln_final: LayerNorm;
  readonly unembed: Linear;

  constructor(sizes: Omit<ConfigOf<typeof config>, 'type'>, random: Random) {
    super();
    const { vocabSize, dModel, dFf, nLayers, nHeads, contextLength } = sizes;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random, { std: POSITION_STD });
    this.blocks = Array.from(
      { length: nLayers },
      () => new TransformerBlock(dModel, nHeads, dFf, contextLength, random),
    );
    this.ln_final = new LayerNorm(dModel);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const x = embedWithPositions(ids, this.token_embedding, this.position_embedding, options); // [B, T, C]
    return applyLayers(x, this.blocks, options, this.ln_final);
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}

/** `nLayers` transformer blocks with `nHeads` heads each. */
class MultiHeadTransformerLM extends TransformerStack {
  readonly config: ConfigOf<typeof config>;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    const parsed = config.parse(options);
    super(parsed, random);
    this.config = parsed;
  }
}

/** `nLayers` transformer blocks with one head each. */
class StackedTransformerLM extends TransformerStack {
  readonly config: ConfigOf<typeof stackedConfig>;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof stackedConfig>, random: Random) {
    const parsed = stackedConfig.parse(options);
    super({ ...parsed, nHeads: 1 }, random);
    this.config = parsed;
  }
}

const sizesFromWeights = (weights: StateShapes) => ({
  ...embeddingSizes(weights),
  dFf: weights.size('blocks.0.ffn.linear1.weight', 0),
  nLayers: weights.count('blocks'),
});

export const multiHeadTransformer = defineModel({
  config,
  summary: 'stacked transformer blocks with several heads',
  create: (options: OptionsOf<typeof config>, random) => new MultiHeadTransformerLM(options, random),
  stateDict: {
    recognize: (weights, { vocabSize, nHeads }) =>
      weights.has('blocks.0.ffn.linear1.weight') && (nHeads !== undefined || vocabSize === undefined),
    // The heads share one matrix, so its shape does not determine their number.
    sizesFromWeights: (weights) => ({ ...sizesFromWeights(weights), nHeads: undefined }),
  },
  costs: (config) => transformerCosts(config),
});

export const stackedTransformer = defineModel({
  config: stackedConfig,
  summary: 'stacked transformer blocks with one head',
  create: (options: OptionsOf<typeof stackedConfig>, random) => new StackedTransformerLM(options, random),
  stateDict: {
    // The names of a multi-head transformer; a file that records sizes but no number of heads has one head.
    recognize: (weights, { vocabSize, nHeads }) =>
      weights.has('blocks.0.ffn.linear1.weight') && nHeads === undefined && vocabSize !== undefined,
    sizesFromWeights,
  },
  costs: (config) => transformerCosts(config),
});
