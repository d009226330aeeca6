// nanoGPT's GPT (github.com/karpathy/nanoGPT, model.py): its names, optional biases, dropout and initialization. Checkpoints of
// its train.py load as they are.
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
  residual,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, flag, type ConfigOf, type OptionsOf } from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';
import { gpt2FromWeights } from './gpt2.js';

const { vocabSize, dModel, nHeads, nLayers, contextLength, dropout } = fields;
const config = defineConfig(
  'nano-gpt',
  {
    ...{ vocabSize, dModel, nHeads, nLayers, contextLength, dropout },
    bias: flag(
      'biases in linear layers and layer norms, as GPT-2 has; without them a bit faster and as good',
      true,
    ),
  },
  { divides: { nHeads: 'dModel' } },
);
type Config = ConfigOf<typeof config>;

/** Standard deviation of the initial weights. */
const INITIAL_STD = 0.02;

/** Causal attention with `c_attn` for queries, keys and values and the output projection `c_proj`. */
class CausalSelfAttention extends Module {
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly attn_dropout: Dropout;
  readonly resid_dropout: Dropout;
  readonly #nHeads: number;

  constructor({ dModel, nHeads, nLayers, dropout, bias }: Config, random: Random) {
    super();
    this.c_attn = new Linear(dModel, 3 * dModel, random, { bias, std: INITIAL_STD });
    this.c_proj = new Linear(dModel, dModel, random, { bias, std: residualStd(nLayers) });
    this.attn_dropout = new Dropout(dropout, random);
    this.resid_dropout = new Dropout(dropout, random);
    this.#nHeads = nHeads;
  }

  /** `[B, T, C]` to the same shape, before `resid_dropout`. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const attention = { nHeads: this.#nHeads, dropout: this.attn_dropout.next() };
    return this.c_proj.forward(attend(this.c_attn.forward(x), attention, options));
  }
}

class MLP extends Module {
  readonly c_fc: Linear;
  readonly c_proj: Linear;
  readonly dropout: Dropout;

  constructor({ dModel, nLayers, dropout, bias }: Config, random: Random) {
    super();
    this.c_fc = new Linear(dModel, 4 * dModel, random, { bias, std: INITIAL_STD });
    this.c_proj = new Linear(4 * dModel, dModel, random, { bias, std: residualStd(nLayers) });
    this.dropout = new Dropout(dropout, random);
  }

  /** `[B, T, C]` to the same shape, before dropout. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return this.c_proj.forward(this.c_fc.forward(x, 'gelu'));
  }
}

/** `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`. */
class NanoGPTBlock extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: CausalSelfAttention;
  readonly ln_2: LayerNorm;
  readonly mlp: MLP;

  constructor(config: Config, random: Random) {
    super();
    const { dModel, bias } = config;
    this.ln_1 = new LayerNorm(dModel, { bias });
    this.attn = new CausalSelfAttention(config, random);
    this.ln_2 = new LayerNorm(dModel, { bias });
    this.mlp = new MLP(config, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const [h, normed] = this.ln_2.addNorm(
      x,
      () => this.attn.forward(this.ln_1.forward(x), options),
      this.attn.resid_dropout,
    );
    return residual(h, () => this.mlp.forward(normed), this.mlp.dropout);
  }
}

/** Everything up to the final norm. */
class Transformer extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly drop: Dropout;
  readonly h: readonly NanoGPTBlock[];
  readonly ln_f: LayerNorm;

  constructor(config: Config, random: Random) {
    super();
    const { vocabSize, dModel, nLayers, contextLength, dropout, bias } = config;
    this.wte = new Embedding(vocabSize, dModel, random, { std: INITIAL_STD });
    this.wpe = new Embedding(contextLength, dModel, random, { std: INITIAL_STD });
    this.drop = new Dropout(dropout, random);
    this.h = Array.from({ length: nLayers }, () => new NanoGPTBlock(config, random));
    this.ln_f = new LayerNorm(dModel, { bias });
  }
}

/** `nLayers` blocks between token and position embeddings and a final norm, with tied output projection. */
export class NanoGPT extends LanguageModel {
  readonly config: Config;
  readonly transformer: Transformer;
  /** Shares its weight with `transformer.wte`: one parameter under two names. */
  readonly lm_head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel } = this.config;
    this.transformer = new Transformer(this.config, random);
    const { weight } = this.transformer.wte;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight });
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { wte, wpe, drop, h, ln_f } = this.transformer;
    const x = drop.forward(embedWithPositions(ids, wte, wpe, options)); // [B, T, C]
    return applyLayers(x, h, options, ln_f);
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

/** Projections at the end of a branch start smaller, because 2 · nLayers branches add up. */
function residualStd(nLayers: number): number {
  return INITIAL_STD / Math.sqrt(2 * nLayers);
}

export const nanoGPT = defineModel({
  config,
  summary: "nanoGPT's GPT-2, with its names, biases, dropout and initialization",
  create: (options: OptionsOf<typeof config>, random) => new NanoGPT(options, random),
  stateDict: {
    recognize: (weights) =>
      weights.has('transformer.h.0.attn.c_attn.weight') &&
      (weights.size('transformer.h.0.mlp.c_fc.weight', 0) ?? 0) >
        (weights.size('transformer.h.0.mlp.c_fc.weight', 1) ?? 0), // GPT-2's files have it transposed
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('transformer.wte.weight', 0),
      dModel: weights.size('transformer.wte.weight', 1),
      nLayers: weights.count('transformer.h'),
      contextLength: weights.size('transformer.wpe.weight', 0),
      bias: weights.has('transformer.ln_f.bias'),
      nHeads: undefined,
    }),
    rename: (name) => (name.endsWith('.attn.bias') ? undefined : name), // the causal mask of older versions
  },
  costs: ({ vocabSize, dModel, nLayers }) =>
    transformerCosts({ vocabSize, dModel, nLayers, dFf: 4 * dModel }),
  toHuggingFace: (model) => {
    const { dModel, nHeads, nLayers, contextLength, vocabSize, dropout } = model.config;
    const sizes = { nEmbd: dModel, nHead: nHeads, nLayer: nLayers, nPositions: contextLength, vocabSize };
    const dropouts = { embdPdrop: dropout, attnPdrop: dropout, residPdrop: dropout };
    return gpt2FromWeights({ ...sizes, ...dropouts, activationFunction: 'gelu' }, model, (name) => name);
  },
});
