// GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019), with the names and the arithmetic of
// OpenAI's published weights: pre-norm blocks, one map for queries, keys and values, biases everywhere, GELU by its tanh
// approximation, learned positions, and one matrix that both reads tokens and scores them.
import { tidy, type tf } from '@lilformer/engine';
import {
  attend,
  checkSize,
  Conv1D,
  Dropout,
  embedAtPositions,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { activationNames, ACTIVATIONS, type ActivationModule, type ActivationName } from './activations.js';
import { checkChoice, checkConfig, checkId, checkShare } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of a {@link GPT2LMHeadModel}. */
export interface GPT2Config {
  readonly type: 'gpt2';
  /** Number of different tokens; 50,257 in the published models. */
  readonly vocabSize: number;
  /** Length of a token's vector; 768 in the smallest one, then 1,024, 1,280 and 1,600. */
  readonly dModel: number;
  /** Attention heads of each block; they share `dModel` evenly. */
  readonly nHeads: number;
  /** Number of blocks; 12, 24, 36 or 48. */
  readonly nLayers: number;
  /** Longest text; 1,024. */
  readonly contextLength: number;
  /** Inner width of the feed-forward networks; without, four times `dModel`. */
  readonly dFf?: number;
  /** What stands between the two maps of a feed-forward network; `gelu_new`, the tanh approximation, without. */
  readonly activation?: ActivationName;
  /** Added to the variance in layer norms; 1e-5 without. */
  readonly normEpsilon?: number;
  /** Share of the embedding that is dropped in training; 0 without. The published models were trained with 0.1 for all three. */
  readonly embeddingDropout?: number;
  /** Share of the attention weights that is dropped in training; 0 without. */
  readonly attentionDropout?: number;
  /** Share of what attention and feed-forward network add that is dropped in training; 0 without. */
  readonly residualDropout?: number;
  /** False leaves out the division of attention scores by the root of a head's width. */
  readonly scaleScores?: boolean;
  /** Whether block N divides its attention scores by N + 1 as well (github.com/stanford-crfm/mistral); false without. */
  readonly scaleScoresByLayer?: boolean;
  /** Whether scores of tokens are products with their embeddings; true without. */
  readonly tied?: boolean;
  /** Deviation of the first weights; 0.02 without. */
  readonly initialDeviation?: number;
  /** The token in front of a text, where there is one. */
  readonly bosId?: number;
  /** The token that ends a text, where there is one. */
  readonly eosId?: number;
  /** The token that fills up shorter texts of a batch, where there is one. */
  readonly padId?: number;
}

/** All settings; tokens that there are not stay absent. */
type Settings = Required<Omit<GPT2Config, 'bosId' | 'eosId' | 'padId'>> &
  Pick<GPT2Config, 'bosId' | 'eosId' | 'padId'>;

/** Causal attention with `c_attn` for queries, keys and values and `c_proj` for the result. */
class GPT2Attention extends Module {
  readonly c_attn: Conv1D;
  readonly c_proj: Conv1D;
  readonly attn_dropout: Dropout;
  readonly resid_dropout: Dropout;
  readonly #heads: number;
  readonly #scale: number;

  constructor(config: Settings, layer: number, random: Random) {
    super();
    const { dModel, nHeads, attentionDropout, residualDropout, initialDeviation, nLayers } = config;
    this.c_attn = new Conv1D(3 * dModel, dModel, random, initialDeviation);
    this.c_proj = new Conv1D(dModel, dModel, random, residualDeviation(initialDeviation, nLayers));
    this.attn_dropout = new Dropout(attentionDropout, random);
    this.resid_dropout = new Dropout(residualDropout, random);
    this.#heads = nHeads;
    const ofHead = config.scaleScores ? 1 / Math.sqrt(dModel / nHeads) : 1;
    this.#scale = config.scaleScoresByLayer ? ofHead / (layer + 1) : ofHead;
  }

  /** `[B, T, C]` to the same shape, before dropout. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const of = { heads: this.#heads, scale: this.#scale, dropout: this.attn_dropout.next() };
    return this.c_proj.forward(attend(this.c_attn.forward(x), of, options));
  }
}

/** Two maps with an activation between them. */
class GPT2MLP extends Module {
  readonly c_fc: Conv1D;
  readonly c_proj: Conv1D;
  readonly act: ActivationModule;
  readonly dropout: Dropout;

  constructor(
    { dModel, dFf, activation, residualDropout, initialDeviation, nLayers }: Settings,
    random: Random,
  ) {
    super();
    this.c_fc = new Conv1D(dFf, dModel, random, initialDeviation);
    this.c_proj = new Conv1D(dModel, dFf, random, residualDeviation(initialDeviation, nLayers));
    this.act = new ACTIVATIONS[activation]();
    this.dropout = new Dropout(residualDropout, random);
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

  constructor(config: Settings, layer: number, random: Random) {
    super();
    this.ln_1 = new LayerNorm(config.dModel, config.normEpsilon);
    this.attn = new GPT2Attention(config, layer, random);
    this.ln_2 = new LayerNorm(config.dModel, config.normEpsilon);
    this.mlp = new GPT2MLP(config, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => this.attn.forward(this.ln_1.forward(x), options));
      const [sum, normed] = this.ln_2.ofSum(x, attended, this.attn.resid_dropout.next());
      return this.mlp.dropout.residual(
        sum,
        tidy(() => this.mlp.forward(normed)),
      );
    });
  }
}

/** Everything up to the last norm. */
class GPT2Model extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly drop: Dropout;
  readonly h: readonly GPT2Block[];
  readonly ln_f: LayerNorm;

  constructor(config: Settings, random: Random) {
    super();
    const { vocabSize, dModel, nLayers, contextLength, initialDeviation: deviation } = config;
    this.wte = new Embedding(vocabSize, dModel, random, { deviation });
    this.wpe = new Embedding(contextLength, dModel, random, { deviation });
    this.drop = new Dropout(config.embeddingDropout, random);
    this.h = Array.from({ length: nLayers }, (_, layer) => new GPT2Block(config, layer, random));
    this.ln_f = new LayerNorm(dModel, config.normEpsilon);
  }
}

/** `nLayers` blocks between token and position embeddings and a last norm; the scores are products with the token embeddings. */
export class GPT2LMHeadModel extends LanguageModel {
  readonly config: Settings;
  readonly transformer: GPT2Model;
  /** Shares its weight with `transformer.wte`, one parameter under two names, unless `tied` is false. */
  readonly lm_head: Linear;

  /** @throws RangeError or TypeError naming the setting that is unknown, missing or out of range */
  constructor(settings: Omit<GPT2Config, 'type'>, random: Random) {
    super();
    this.config = checked(settings);
    const { vocabSize, dModel, tied, initialDeviation: deviation } = this.config;
    this.transformer = new GPT2Model(this.config, random);
    const weight = tied ? this.transformer.wte.weight : undefined;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight, deviation });
  }

  /** Captures `hidden.0` (after the embedding), `hidden.N` (after block N) and `hidden.final` (after the last norm). */
  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const { wte, wpe, drop, h, ln_f } = this.transformer;
    let x = drop.forward(embedAtPositions(ids, wte, wpe.weight.operand, options)); // [B, T, C]
    capture?.take('hidden.0', x);
    for (const [layer, block] of h.entries()) {
      x = block.forward(x, { ...options, layer });
      capture?.take(`hidden.${layer + 1}`, x);
    }
    x = ln_f.forward(x);
    capture?.take('hidden.final', x);
    return x;
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

/** Maps at the end of a branch start smaller, as 2 · nLayers branches add up (section 2.3 of the paper). */
function residualDeviation(deviation: number, nLayers: number): number {
  return deviation / Math.sqrt(2 * nLayers);
}

function checked(settings: Omit<GPT2Config, 'type'>): Settings {
  const optional = {
    dFf: 4 * settings.dModel,
    activation: 'gelu_new' as ActivationName,
    normEpsilon: 1e-5,
    embeddingDropout: 0,
    attentionDropout: 0,
    residualDropout: 0,
    scaleScores: true,
    scaleScoresByLayer: false,
    tied: true,
    initialDeviation: 0.02,
  };
  const tokens = ['bosId', 'eosId', 'padId'] as const;
  const sizes = checkConfig(
    'gpt2',
    settings,
    ['vocabSize', 'dModel', 'nHeads', 'nLayers', 'contextLength'],
    [...Object.keys(optional), ...tokens],
  );
  const config: Settings = Object.freeze({ ...optional, ...settings, ...sizes });
  checkSize('gpt2: dFf', config.dFf);
  checkChoice('gpt2: activation', config.activation, activationNames);
  for (const name of ['embeddingDropout', 'attentionDropout', 'residualDropout'] as const) {
    checkShare(`gpt2: ${name}`, config[name]);
  }
  for (const name of tokens) checkId(`gpt2: ${name}`, config[name], config.vocabSize);
  return config;
}
