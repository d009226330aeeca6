// Transformer blocks whose feed-forward network is a mixture of experts, of which each token uses one (Switch Transformer,
// Fedus, Zoph and Shazeer, 2021).
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  CausalSelfAttention,
  Embedding,
  embedWithPositions,
  LayerNorm,
  Linear,
  MixtureOfExperts,
  Module,
  residual,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { choice, defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel, embeddingSizes } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { POSITION_STD } from './core/position-std.js';

const { vocabSize, dModel, dFf, nLayers, nHeads, nExperts, contextLength } = fields;
const config = defineConfig(
  'moe-transformer',
  {
    ...{ vocabSize, dModel, dFf, nLayers, nHeads, nExperts, contextLength },
    router: choice(
      '`fixed`: the router keeps its initial weights; `trained`: expert outputs are scaled by the router probability, so that it gets a gradient',
      ['fixed', 'trained'],
    ),
  },
  { derive: ({ dFf, dModel }) => ({ dFf: dFf ?? 4 * dModel }), divides: { nHeads: 'dModel' } },
);
type Config = ConfigOf<typeof config>;

/** `x + attention(ln1(x))`, then `x + moe(ln2(x))`. */
class MoETransformerBlock extends Module {
  readonly ln1: LayerNorm;
  readonly ln2: LayerNorm;
  readonly attention: CausalSelfAttention;
  readonly moe: MixtureOfExperts;

  constructor({ dModel, nHeads, dFf, nExperts, contextLength, router }: Config, random: Random) {
    super();
    this.ln1 = new LayerNorm(dModel);
    this.ln2 = new LayerNorm(dModel);
    this.attention = new CausalSelfAttention(dModel, nHeads, contextLength, random);
    this.moe = new MixtureOfExperts(dModel, dFf, nExperts, random, { trainRouter: router === 'trained' });
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const [h, normed] = this.ln2.addNorm(x, () => this.attention.forward(this.ln1.forward(x), options));
    return residual(h, () => this.moe.forward(normed, options));
  }
}

/** `nLayers` transformer blocks with `nHeads` heads and `nExperts` experts each. */
class MoETransformerLM extends LanguageModel {
  readonly config: Config;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly blocks: readonly MoETransformerBlock[];
  readonly ln_final: LayerNorm;
  readonly unembed: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, nLayers, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random, { std: POSITION_STD });
    this.blocks = Array.from({ length: nLayers }, () => new MoETransformerBlock(this.config, random));
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

export const moeTransformer = defineModel({
  config,
  summary: 'stacked transformer blocks with a mixture of experts',
  create: (options: OptionsOf<typeof config>, random) => new MoETransformerLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('blocks.0.moe.router.weight'),
    sizesFromWeights: (weights) => ({
      ...embeddingSizes(weights),
      dFf: weights.size('blocks.0.moe.experts.0.linear1.weight', 0),
      nLayers: weights.count('blocks'),
      nExperts: weights.count('blocks.0.moe.experts'),
      nHeads: undefined,
    }),
  },
  costs: ({ router, ...sizes }) => transformerCosts({ ...sizes, trainedRouter: router === 'trained' }),
});
