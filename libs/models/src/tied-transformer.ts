// A GPT-2-shaped transformer with tied embeddings and without biases in attention, as taught after nanoGPT: pre-norm blocks,
// exact GELU, learned positions, and one matrix for token embedding and output projection.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  attend,
  ConstantBuffer,
  Embedding,
  embedWithPositions,
  GELU,
  LayerNorm,
  Linear,
  Module,
  residual,
  Sequential,
  causalMask,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { choice, defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { gpt2FromWeights } from './gpt2.js';

const { vocabSize, dModel, nHeads, nLayers, contextLength } = fields;
const config = defineConfig(
  'tied-transformer',
  {
    ...{ vocabSize, dModel, nHeads, nLayers, contextLength },
    attention: choice(
      '`fused` never stores all attention weights; `naive` does, in plain operations: equal results, slower, for comparison',
      ['fused', 'naive'],
    ),
  },
  { divides: { nHeads: 'dModel' } },
);
type Config = ConfigOf<typeof config>;

/** Causal attention with `c_attn` for queries, keys and values and the output projection `c_proj`, without biases. */
class SelfAttention extends Module {
  /** The causal mask, `[1, 1, T, T]`; named as in nanoGPT. */
  readonly bias: ConstantBuffer;
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly nHeads: number;
  readonly naive: boolean;

  constructor({ dModel, nHeads, contextLength, attention }: Config, random: Random) {
    super();
    const visible = causalMask(contextLength, 'F32');
    this.bias = new ConstantBuffer('F32', [1, 1, ...visible.shape], () => visible.values());
    this.c_attn = new Linear(dModel, 3 * dModel, random, { bias: false });
    this.c_proj = new Linear(dModel, dModel, random, { bias: false });
    this.nHeads = nHeads;
    this.naive = attention === 'naive';
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return this.c_proj.forward(
      attend(this.c_attn.forward(x), { nHeads: this.nHeads, naive: this.naive }, options),
    );
  }
}

/** `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`. */
class TiedTransformerBlock extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: SelfAttention;
  readonly ln_2: LayerNorm;
  readonly mlp: Sequential;

  constructor(config: Config, random: Random) {
    super();
    const { dModel } = config;
    this.ln_1 = new LayerNorm(dModel);
    this.attn = new SelfAttention(config, random);
    this.ln_2 = new LayerNorm(dModel);
    this.mlp = new Sequential(
      new Linear(dModel, 4 * dModel, random),
      new GELU(),
      new Linear(4 * dModel, dModel, random),
    );
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const [h, normed] = this.ln_2.addNorm(x, () => this.attn.forward(this.ln_1.forward(x), options));
    return residual(h, () => this.mlp.forward(normed));
  }
}

/** Everything up to the final norm. */
class TransformerBody extends Module {
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly blocks: readonly TiedTransformerBlock[];
  readonly ln_f: LayerNorm;

  constructor(config: Config, random: Random) {
    super();
    const { vocabSize, dModel, nLayers, contextLength } = config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.blocks = Array.from({ length: nLayers }, () => new TiedTransformerBlock(config, random));
    this.ln_f = new LayerNorm(dModel);
  }
}

/** `nLayers` blocks between token and position embeddings and a final norm, with tied output projection. */
export class TiedTransformerLM extends LanguageModel {
  readonly config: Config;
  readonly transformer: TransformerBody;
  /** Shares its weight with `transformer.token_embedding`: one parameter under two names. */
  readonly lm_head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel } = this.config;
    this.transformer = new TransformerBody(this.config, random);
    const { weight } = this.transformer.token_embedding;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight });
    // GPT-2's standard deviation: with PyTorch's 1 for embeddings the initial logits would be far too large.
    for (const [, module] of this.namedModules()) {
      if (!(module instanceof Linear || module instanceof Embedding) || !module.weight.hasValues) continue;
      const values = new Float32Array(module.weight.size);
      random.fillNormal(values, 0, 0.02);
      module.weight.assign(values);
    }
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { token_embedding, position_embedding, blocks, ln_f } = this.transformer;
    const x = embedWithPositions(ids, token_embedding, position_embedding, options); // [B, T, C]
    return applyLayers(x, blocks, options, ln_f);
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

export const tiedTransformer = defineModel({
  config,
  summary: 'GPT-2-shaped blocks with tied embeddings, without attention biases',
  create: (options: OptionsOf<typeof config>, random) => new TiedTransformerLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('transformer.blocks.0.attn.c_attn.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('transformer.token_embedding.weight', 0),
      dModel: weights.size('transformer.token_embedding.weight', 1),
      nLayers: weights.count('transformer.blocks'),
      contextLength: weights.size('transformer.position_embedding.weight', 0),
      nHeads: undefined,
    }),
  },
  costs: ({ vocabSize, dModel, nLayers, attention }) =>
    transformerCosts({ vocabSize, dModel, nLayers, dFf: 4 * dModel, naiveAttention: attention === 'naive' }),
  toHuggingFace: (model) => {
    const { dModel, nHeads, nLayers, contextLength, vocabSize } = model.config;
    const sizes = { nEmbd: dModel, nHead: nHeads, nLayer: nLayers, nPositions: contextLength, vocabSize };
    return gpt2FromWeights({ ...sizes, activationFunction: 'gelu' }, model, (name) =>
      name
        .replace('.wte.', '.token_embedding.')
        .replace('.wpe.', '.position_embedding.')
        .replace('.h.', '.blocks.')
        .replace('.mlp.c_fc.', '.mlp.0.')
        .replace('.mlp.c_proj.', '.mlp.2.'),
    );
  },
});
