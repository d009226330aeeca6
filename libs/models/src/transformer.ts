// The pre-norm transformer block: attention and feed-forward network add to the residual stream instead of replacing it.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  CausalSelfAttention,
  Embedding,
  embedWithPositions,
  FeedForward,
  LayerNorm,
  Linear,
  Module,
  residual,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel, embeddingSizes } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { POSITION_STD } from './core/position-std.js';

/** `x + attention(ln1(x))`, then `x + ffn(ln2(x))`. */
export class TransformerBlock extends Module {
  readonly ln1: LayerNorm;
  readonly ln2: LayerNorm;
  readonly attention: CausalSelfAttention;
  readonly ffn: FeedForward;

  constructor(dModel: number, nHeads: number, dFf: number, contextLength: number, random: Random) {
    super();
    this.ln1 = new LayerNorm(dModel);
    this.ln2 = new LayerNorm(dModel);
    this.attention = new CausalSelfAttention(dModel, nHeads, contextLength, random);
    this.ffn = new FeedForward(dModel, dFf, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const [h, normed] = this.ln2.addNorm(x, () => this.attention.forward(this.ln1.forward(x), options));
    return residual(h, () => this.ffn.forward(normed));
  }
}

const { vocabSize, dModel, dFf, contextLength } = fields;
const config = defineConfig(
  'transformer',
  { vocabSize, dModel, dFf, contextLength },
  { derive: ({ dFf, dModel }) => ({ dFf: dFf ?? 4 * dModel }) },
);

/** One transformer block with one head, between embeddings and a final norm. */
class TransformerLM extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly block: TransformerBlock;
  readonly ln_final: LayerNorm;
  readonly unembed: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, dFf, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random, { std: POSITION_STD });
    this.block = new TransformerBlock(dModel, 1, dFf, contextLength, random);
    this.ln_final = new LayerNorm(dModel);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const x = embedWithPositions(ids, this.token_embedding, this.position_embedding, options); // [B, T, C]
    return applyLayers(x, [this.block], options, this.ln_final);
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}

export const transformer = defineModel({
  config,
  summary: 'one pre-norm transformer block with one head',
  create: (options: OptionsOf<typeof config>, random) => new TransformerLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('block.ln1.weight'),
    sizesFromWeights: (weights) => ({
      ...embeddingSizes(weights),
      dFf: weights.size('block.ffn.linear1.weight', 0),
    }),
  },
  costs: ({ vocabSize, dModel, dFf }) => transformerCosts({ vocabSize, dModel, nLayers: 1, dFf }),
});
