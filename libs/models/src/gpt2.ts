// GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019) with the names and the arithmetic of
// OpenAI's published weights: pre-norm blocks, biases everywhere, tanh GELU, learned positions, tied output projection.
import type { tf } from '@lilformer/engine';
import {
  applyLayers,
  attend,
  Conv1D,
  Dropout,
  Embedding,
  embedWithPositions,
  LayerNorm,
  Linear,
  Module,
  residual,
  withoutWeights,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { activationField, ACTIVATIONS, type ActivationModule } from './core/activations.js';
import {
  MOST_TOKENS,
  defineConfig,
  flag,
  positive,
  probability,
  size,
  tokenId,
  type ConfigOf,
  type OptionsOf,
} from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { LanguageModel } from './core/language-model.js';

const config = defineConfig(
  'gpt2',
  {
    vocabSize: size('vocabulary size; 50257 in the published models'),
    nPositions: size('longest sequence, in tokens; 1024 in the published models', {
      most: MOST_TOKENS,
    }).default(1024),
    nEmbd: size('hidden size; 768 in GPT-2 small, then 1024, 1280 and 1600').default(768),
    nLayer: size('number of blocks; 12, 24, 36 or 48', { most: 1024 }).default(12),
    nHead: size('attention heads per block; must divide nEmbd', { most: 1024 }).default(12),
    nInner: size('hidden size of the feed-forward network; 4 times nEmbd unless given').optional(),
    activationFunction: activationField('activation of the feed-forward network', 'gelu_new'),
    residPdrop: probability('dropout of the output of attention and feed-forward network', 0.1),
    embdPdrop: probability('dropout of the embeddings', 0.1),
    attnPdrop: probability('dropout of the attention weights', 0.1),
    layerNormEpsilon: positive('added to the variance in layer norms', 1e-5),
    initializerRange: positive('standard deviation of the initial weights', 0.02),
    scaleAttnWeights: flag('divide attention scores by the square root of the head dimension', true),
    scaleAttnByInverseLayerIdx: flag('divide the attention scores of block N by N + 1', false),
    tieWordEmbeddings: flag('share the token embedding with the output projection', true),
    bosTokenId: tokenId('token at the start of a sequence'),
    eosTokenId: tokenId('token that ends a sequence'),
    padTokenId: tokenId('token that pads shorter sequences of a batch'),
  },
  { divides: { nHead: 'nEmbd' } },
);
type Config = ConfigOf<typeof config>;

/** Causal attention with `c_attn` for queries, keys and values and the output projection `c_proj`. */
class GPT2Attention extends Module {
  readonly c_attn: Conv1D;
  readonly c_proj: Conv1D;
  readonly attn_dropout: Dropout;
  readonly resid_dropout: Dropout;
  readonly #nHeads: number;
  readonly #scale: number;

  constructor(config: Config, layer: number, random: Random) {
    super();
    const { nEmbd, nHead, attnPdrop, residPdrop, initializerRange } = config;
    this.c_attn = new Conv1D(3 * nEmbd, nEmbd, random, initializerRange);
    this.c_proj = new Conv1D(nEmbd, nEmbd, random, residualStd(config));
    this.attn_dropout = new Dropout(attnPdrop, random);
    this.resid_dropout = new Dropout(residPdrop, random);
    this.#nHeads = nHead;
    const scale = config.scaleAttnWeights ? 1 / Math.sqrt(nEmbd / nHead) : 1;
    this.#scale = config.scaleAttnByInverseLayerIdx ? scale / (layer + 1) : scale;
  }

  /** `[B, T, C]` to the same shape, before `resid_dropout`. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const attention = { nHeads: this.#nHeads, scale: this.#scale, dropout: this.attn_dropout.next() };
    return this.c_proj.forward(attend(this.c_attn.forward(x), attention, options));
  }
}

class GPT2MLP extends Module {
  readonly c_fc: Conv1D;
  readonly c_proj: Conv1D;
  readonly act: ActivationModule;
  readonly dropout: Dropout;

  constructor(config: Config, random: Random) {
    super();
    const { nEmbd, nInner = 4 * nEmbd, activationFunction, residPdrop, initializerRange } = config;
    this.c_fc = new Conv1D(nInner, nEmbd, random, initializerRange);
    this.c_proj = new Conv1D(nEmbd, nInner, random, residualStd(config));
    this.act = new ACTIVATIONS[activationFunction]();
    this.dropout = new Dropout(residPdrop, random);
  }

  /** `[B, T, C]` to the same shape, before dropout. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return this.c_proj.forward(this.c_fc.forward(x, this.act.kind));
  }
}

/** `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`. */
class GPT2Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(config: Config, layer: number, random: Random) {
    super();
    const eps = config.layerNormEpsilon;
    this.ln_1 = new LayerNorm(config.nEmbd, { eps });
    this.attn = new GPT2Attention(config, layer, random);
    this.ln_2 = new LayerNorm(config.nEmbd, { eps });
    this.mlp = new GPT2MLP(config, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const { attn, mlp } = this;
    const [h, normed] = this.ln_2.addNorm(
      x,
      () => attn.forward(this.ln_1.forward(x), options),
      attn.resid_dropout,
    );
    return residual(h, () => mlp.forward(normed), mlp.dropout);
  }
}

/** Everything up to the final norm. */
class GPT2Model extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly drop: Dropout;
  readonly h: readonly GPT2Block[];
  readonly ln_f: LayerNorm;

  constructor(config: Config, random: Random) {
    super();
    const { vocabSize, nEmbd, nLayer, nPositions, initializerRange: std } = config;
    this.wte = new Embedding(vocabSize, nEmbd, random, { std });
    this.wpe = new Embedding(nPositions, nEmbd, random, { std });
    this.drop = new Dropout(config.embdPdrop, random);
    this.h = Array.from({ length: nLayer }, (_, layer) => new GPT2Block(config, layer, random));
    this.ln_f = new LayerNorm(nEmbd, { eps: config.layerNormEpsilon });
  }
}

/** `nLayer` blocks between token and position embeddings and a final norm, with an output projection. */
export class GPT2LMHeadModel extends LanguageModel {
  readonly config: Config;
  readonly transformer: GPT2Model;
  /** Shares its weight with `transformer.wte`, one parameter under two names, unless `tieWordEmbeddings` is false. */
  readonly lm_head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, nEmbd, tieWordEmbeddings, initializerRange: std } = this.config;
    this.transformer = new GPT2Model(this.config, random);
    const weight = tieWordEmbeddings ? this.transformer.wte.weight : undefined;
    this.lm_head = new Linear(nEmbd, vocabSize, random, { bias: false, weight, std });
  }

  override get contextLength(): number {
    return this.config.nPositions;
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

/** Projections at the end of a branch start smaller, because 2 · nLayer branches add up (section 2.3 of the paper). */
function residualStd({ initializerRange, nLayer }: Config): number {
  return initializerRange / Math.sqrt(2 * nLayer);
}

export const gpt2 = defineModel({
  config,
  summary: 'GPT-2 with the names of its published weights',
  create: (options: OptionsOf<typeof config>, random) => new GPT2LMHeadModel(options, random),
  contextField: 'nPositions',
  costs: ({ vocabSize, nEmbd, nLayer, nInner = 4 * nEmbd }) =>
    transformerCosts({ vocabSize, dModel: nEmbd, nLayers: nLayer, dFf: nInner }),
  huggingFace: {
    modelType: 'gpt2',
    architecture: 'GPT2LMHeadModel',
    compatible: ['GPT2Model'],
    unsupported: { add_cross_attention: [false], is_decoder: [false, true] },
    weightName: (name) => {
      if (/\.attn\.(bias|masked_bias)$/.test(name)) return undefined; // the causal mask
      return name.startsWith('transformer.') || name === 'lm_head.weight' ? name : `transformer.${name}`;
    },
  },
});

/** A GPT-2 with the weights of `source`, under the names that `sourceName` gives. Weights that source lacks are 0. */
export function gpt2FromWeights(
  options: OptionsOf<typeof config>,
  source: Module,
  sourceName: (name: string) => string,
): GPT2LMHeadModel {
  const model = withoutWeights(() => new GPT2LMHeadModel(options, new Random(0)));
  const parameters = new Map(source.namedParameters());
  for (const [name, parameter] of model.namedParameters()) {
    parameter.assign(parameters.get(sourceName(name))?.values() ?? new Float32Array(parameter.size));
  }
  return model;
}
