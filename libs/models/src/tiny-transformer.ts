// A small transformer with RMSNorm, one projection for queries, keys and values, GELU, fixed sinusoidal positions, and no bias
// in attention and output.
import { tf } from '@lilformer/engine';
import {
  applyLayers,
  ConstantBuffer,
  Embedding,
  embedWithPositions,
  GELU,
  Linear,
  Module,
  PackedSelfAttention,
  residual,
  RMSNorm,
  Sequential,
  sinusoids,
  causalMask,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { choice, defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';

const { vocabSize, dModel, nHeads, dFf, nLayers, contextLength } = fields;
const config = defineConfig(
  'tiny-transformer',
  {
    ...{ vocabSize, dModel, nHeads, dFf, nLayers, contextLength },
    positions: choice(
      '`sinusoids`: fixed sinusoidal positions are added to the embeddings; `none`: for comparison',
      ['sinusoids', 'none'],
    ),
  },
  { derive: ({ dFf, dModel }) => ({ dFf: dFf ?? 4 * dModel }), divides: { nHeads: 'dModel' } },
);
type Config = ConfigOf<typeof config>;

/** `x + attn(norm1(x))`, then `x + ff(norm2(x))`. */
class TinyTransformerBlock extends Module {
  readonly attn: PackedSelfAttention;
  readonly norm1: RMSNorm;
  readonly norm2: RMSNorm;
  readonly ff: Sequential;
  readonly causal_mask: ConstantBuffer;

  constructor({ dModel, nHeads, dFf, contextLength }: Config, random: Random) {
    super();
    this.attn = new PackedSelfAttention(dModel, nHeads, random);
    this.norm1 = new RMSNorm(dModel);
    this.norm2 = new RMSNorm(dModel);
    this.ff = new Sequential(new Linear(dModel, dFf, random), new GELU(), new Linear(dFf, dModel, random));
    this.causal_mask = causalMask(contextLength, 'F32');
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const [h, normed] = this.norm2.addNorm(x, () => this.attn.forward(this.norm1.forward(x), options));
    return residual(h, () => this.ff.forward(normed));
  }
}

/** `nLayers` blocks between token embeddings plus sinusoidal positions and a final norm. */
export class TinyTransformerLM extends LanguageModel {
  readonly config: Config;
  readonly token_embedding: Embedding;
  /** `[1, T, C]`; null without positions. */
  readonly pos_encoding: ConstantBuffer | null;
  readonly layers: readonly TinyTransformerBlock[];
  readonly norm: RMSNorm;
  readonly head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, nLayers, contextLength, positions } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.pos_encoding =
      positions === 'none'
        ? null
        : new ConstantBuffer('F32', [1, contextLength, dModel], () => sinusoids(contextLength, dModel));
    // Made now, so that the first forward pass leaves no tensor behind.
    if (this.token_embedding.weight.hasValues) this.pos_encoding?.tensor();
    this.layers = Array.from({ length: nLayers }, () => new TinyTransformerBlock(this.config, random));
    this.norm = new RMSNorm(dModel);
    this.head = new Linear(dModel, vocabSize, random, { bias: false });
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const x = this.pos_encoding
      ? embedWithPositions(ids, this.token_embedding, tf.squeeze(this.pos_encoding.tensor(), [0]), options)
      : this.token_embedding.forward(ids); // [B, T, C]
    return applyLayers(x, this.layers, options, this.norm);
  }

  protected override get output(): Linear {
    return this.head;
  }
}

export const tinyTransformer = defineModel({
  config,
  summary: 'transformer blocks with RMSNorm, GELU and sinusoidal positions',
  create: (options: OptionsOf<typeof config>, random) => new TinyTransformerLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('layers.0.attn.qkv_proj.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('token_embedding.weight', 0),
      dModel: weights.size('token_embedding.weight', 1),
      dFf: weights.size('layers.0.ff.0.weight', 0),
      nLayers: weights.count('layers'),
      contextLength: weights.size('pos_encoding', 1) ?? weights.size('layers.0.causal_mask', -1),
      nHeads: undefined,
    }),
  },
  costs: ({ vocabSize, dModel, dFf, nLayers }) => transformerCosts({ vocabSize, dModel, dFf, nLayers }),
});
