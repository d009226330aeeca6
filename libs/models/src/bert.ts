// BERT (Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
// arXiv:1810.04805): an encoder in which every token sees all others, trained to fill in words that are hidden from it.
// Post-norm blocks, exact GELU, learned positions, and a vector for which of two texts a token is of. Leaves out the second
// task it was trained with, whether one text follows another.
import { tf, tidy } from '@lilformer/engine';
import {
  attend,
  checkSize,
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  Tanh,
  type Capture,
  type LayerOptions,
  type TreeForm,
} from '@lilformer/layers';
import { embeddingWithPositions, linearCrossEntropy } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { activationNames, ACTIVATIONS, type ActivationModule, type ActivationName } from './activations.js';
import { checkInput } from './check-input.js';
import { checkChoice, checkConfig, checkId, checkShare } from './config.js';

/** Settings of a {@link BertModel} or {@link BertForMaskedLM}. */
export interface BertConfig {
  readonly type: 'bert';
  /** Number of different tokens; 30,522 in the published uncased models. */
  readonly vocabSize: number;
  /** Length of a token's vector; 768 in the base model, 1,024 in the large one. */
  readonly dModel: number;
  /** Attention heads of each block; they share `dModel` evenly. 12 or 16. */
  readonly nHeads: number;
  /** Number of blocks; 12 or 24. */
  readonly nLayers: number;
  /** Longest text; 512. */
  readonly contextLength: number;
  /** Inner width of the feed-forward networks; without, four times `dModel`. */
  readonly dFf?: number;
  /** How many kinds of text a token can be of; 2 without. */
  readonly tokenTypes?: number;
  /** What stands between the two maps of a feed-forward network; `gelu`, the exact one, without. */
  readonly activation?: ActivationName;
  /** Added to the variance in layer norms; 1e-12 without. */
  readonly normEpsilon?: number;
  /** Share of embeddings and of what a block's parts add that is dropped in training; 0 without, 0.1 in the published models. */
  readonly hiddenDropout?: number;
  /** Share of the attention weights that is dropped in training; 0 without, 0.1 in the published models. */
  readonly attentionDropout?: number;
  /** Deviation of the first weights; 0.02 without. */
  readonly initialDeviation?: number;
  /** The token that fills up shorter texts of a batch; 0 without. */
  readonly padId?: number;
}

/** What {@link BertModel} and {@link BertForMaskedLM} take besides ids. */
export interface BertOptions {
  /** `[B, T]`: 1 for a real token, 0 for padding, which nobody attends to. */
  paddingMask?: tf.Tensor2D;
  /** `[B, T]` int32: which text a token is of; all of the first without. */
  tokenTypes?: tf.Tensor2D;
  /** Collects `hidden.N` [B, T, C] (0: the embedding; N: after layer N) and `attn.N` [B, H, T, T]. */
  capture?: Capture;
}

/** What a {@link BertModel} makes of a text. Dispose both when done. */
export interface BertResult {
  /** `[B, T, C]` */
  readonly hidden: tf.Tensor3D;
  /** `[B, C]`, of the first token alone; undefined of a model without pooler */
  readonly pooled: tf.Tensor2D | undefined;
}

type Settings = Required<BertConfig>;

/** The sum of what a token is, where it stands and which text it is of, normed (figure 2 of the paper). */
class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Settings, random: Random) {
    super();
    const { vocabSize, dModel, contextLength, tokenTypes, initialDeviation: deviation } = config;
    this.word_embeddings = new Embedding(vocabSize, dModel, random, {
      deviation,
      paddingIndex: config.padId,
    });
    this.position_embeddings = new Embedding(contextLength, dModel, random, { deviation });
    this.token_type_embeddings = new Embedding(tokenTypes, dModel, random, { deviation });
    this.LayerNorm = new LayerNorm(dModel, config.normEpsilon);
    this.dropout = new Dropout(config.hiddenDropout, random);
  }

  /** int32 `[B, T]` to `[B, T, C]`. */
  forward(ids: tf.Tensor2D, tokenTypes: tf.Tensor2D | undefined): tf.Tensor3D {
    const { weight } = this.word_embeddings;
    const placed = embeddingWithPositions(ids, weight.operand, this.position_embeddings.weight.operand);
    const types = this.token_type_embeddings.forward(tokenTypes ?? tf.zerosLike(ids));
    const [, normed] = this.LayerNorm.ofSum(placed as tf.Tensor3D, types);
    return this.dropout.forward(normed);
  }
}

/** Attention of each token to all tokens. The name is that of the class that transformers 4 takes for it. */
class BertSdpaSelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly dropout: Dropout;
  readonly #heads: number;

  constructor({ dModel, nHeads, attentionDropout, initialDeviation: deviation }: Settings, random: Random) {
    super();
    this.query = new Linear(dModel, dModel, random, { deviation });
    this.key = new Linear(dModel, dModel, random, { deviation });
    this.value = new Linear(dModel, dModel, random, { deviation });
    this.dropout = new Dropout(attentionDropout, random);
    this.#heads = nHeads;
  }

  override treeName(form: TreeForm): string {
    return form === 'torch 2.15' ? 'BertSelfAttention' : super.treeName(form);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const qkv = [this.query.forward(x), this.key.forward(x), this.value.forward(x)] as const;
    return attend(qkv, { heads: this.#heads, causal: false, dropout: this.dropout.next() }, options);
  }
}

/** The end of a branch: a map, dropout, the sum with what went in, and the norm of it. */
class BertBranchEnd extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(inFeatures: number, config: Settings, random: Random) {
    super();
    this.dense = new Linear(inFeatures, config.dModel, random, { deviation: config.initialDeviation });
    this.LayerNorm = new LayerNorm(config.dModel, config.normEpsilon);
    this.dropout = new Dropout(config.hiddenDropout, random);
  }

  /** What the branch gives, `[B, T, in]`, and what went in, `[B, T, C]`, to `[B, T, C]`. */
  forward(branch: tf.Tensor3D, x: tf.Tensor3D): tf.Tensor3D {
    return this.LayerNorm.ofSum(x, this.dense.forward(branch), this.dropout.next())[1];
  }
}

class BertSelfOutput extends BertBranchEnd {}

class BertAttention extends Module {
  readonly self: BertSdpaSelfAttention;
  readonly output: BertSelfOutput;

  constructor(config: Settings, random: Random) {
    super();
    this.self = new BertSdpaSelfAttention(config, random);
    this.output = new BertSelfOutput(config.dModel, config, random);
  }
}

class BertIntermediate extends Module {
  readonly dense: Linear;
  readonly intermediate_act_fn: ActivationModule;

  constructor({ dModel, dFf, activation, initialDeviation: deviation }: Settings, random: Random) {
    super();
    this.dense = new Linear(dModel, dFf, random, { deviation });
    this.intermediate_act_fn = new ACTIVATIONS[activation]();
  }
}

class BertOutput extends BertBranchEnd {}

/** `x = norm(x + attention(x))`, then `norm(x + output(intermediate(x)))`. */
class BertLayer extends Module {
  readonly attention: BertAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutput;

  constructor(config: Settings, random: Random) {
    super();
    this.attention = new BertAttention(config, random);
    this.intermediate = new BertIntermediate(config, random);
    this.output = new BertOutput(config.dFf, config, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const { self, output } = this.attention;
      const attended = tidy(() => output.forward(self.forward(x, options), x));
      const { dense, intermediate_act_fn } = this.intermediate;
      return this.output.forward(dense.forward(attended, intermediate_act_fn.kind), attended);
    });
  }
}

class BertEncoder extends Module {
  readonly layer: readonly BertLayer[];

  constructor(config: Settings, random: Random) {
    super();
    this.layer = Array.from({ length: config.nLayers }, () => new BertLayer(config, random));
  }
}

/** One vector for a whole text: `tanh(dense(x))` of the first token. */
class BertPooler extends Module {
  readonly dense: Linear;
  readonly activation: Tanh;

  constructor({ dModel, initialDeviation: deviation }: Settings, random: Random) {
    super();
    this.dense = new Linear(dModel, dModel, random, { deviation });
    this.activation = new Tanh();
  }

  /** `[B, T, C]` to `[B, C]`. */
  forward(hidden: tf.Tensor3D): tf.Tensor2D {
    const [batch, , width] = hidden.shape;
    const first = tf.reshape(tf.slice(hidden, [0, 0, 0], [batch, 1, width]), [batch, width]) as tf.Tensor2D;
    return this.activation.forward(this.dense.forward(first));
  }
}

/** The encoder, which gives a vector for each token and, unless it has no pooler, one for the whole text. */
export class BertModel extends Module {
  readonly config: Settings;
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler | undefined;

  /**
   * @param options.pooler whether there is a pooler; true without
   * @throws RangeError or TypeError naming the setting that is unknown, missing or out of range
   */
  constructor(
    settings: Omit<BertConfig, 'type'>,
    random: Random,
    { pooler = true }: { pooler?: boolean } = {},
  ) {
    super();
    this.config = checked(settings);
    this.embeddings = new BertEmbeddings(this.config, random);
    this.encoder = new BertEncoder(this.config, random);
    this.pooler = pooler ? new BertPooler(this.config, random) : undefined;
  }

  /** Number of different tokens, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Longest text. */
  get contextLength(): number {
    return this.config.contextLength;
  }

  /**
   * @param ids `[B, T]` int32
   * @throws Error when ids are not int32 of two dimensions, at least one token a row and at most what the context holds,
   *   each in the vocabulary; or when mask or types are for another shape
   */
  forward(ids: tf.Tensor2D, options: BertOptions = {}): BertResult {
    const { paddingMask, tokenTypes, capture } = options;
    const name = this.constructor.name;
    checkInput(name, ids, this.contextLength, { paddingMask });
    if (tokenTypes && (tokenTypes.shape.join() !== ids.shape.join() || tokenTypes.dtype !== 'int32')) {
      throw new Error(
        `${name}: token types are ${tokenTypes.dtype} of shape [${tokenTypes.shape}], expected int32 [${ids.shape}]`,
      );
    }
    const [hidden, pooled] = tidy((): tf.Tensor[] => {
      let x = this.embeddings.forward(ids, tokenTypes); // [B, T, C]
      capture?.take('hidden.0', x);
      for (const [layer, block] of this.encoder.layer.entries()) {
        x = block.forward(x, { paddingMask, capture, layer });
        capture?.take(`hidden.${layer + 1}`, x);
      }
      return this.pooler ? [x, this.pooler.forward(x)] : [x];
    });
    return { hidden: hidden as tf.Tensor3D, pooled: pooled as tf.Tensor2D | undefined };
  }
}

class BertPredictionHeadTransform extends Module {
  readonly dense: Linear;
  readonly transform_act_fn: ActivationModule;
  readonly LayerNorm: LayerNorm;

  constructor({ dModel, activation, normEpsilon, initialDeviation: deviation }: Settings, random: Random) {
    super();
    this.dense = new Linear(dModel, dModel, random, { deviation });
    this.transform_act_fn = new ACTIVATIONS[activation]();
    this.LayerNorm = new LayerNorm(dModel, normEpsilon);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return this.LayerNorm.forward(this.dense.forward(x, this.transform_act_fn.kind));
  }
}

class BertLMPredictionHead extends Module {
  /** The decoder's, under a name of its own, too. */
  readonly bias: Parameter;
  readonly transform: BertPredictionHeadTransform;
  readonly decoder: Linear;

  constructor(config: Settings, embeddings: Parameter, random: Random) {
    super();
    const { dModel, vocabSize } = config;
    this.bias = new Parameter(() => new Float32Array(vocabSize), [vocabSize]);
    this.transform = new BertPredictionHeadTransform(config, random);
    this.decoder = new Linear(dModel, vocabSize, random, { bias: this.bias, weight: embeddings });
  }
}

class BertOnlyMLMHead extends Module {
  readonly predictions: BertLMPredictionHead;

  constructor(config: Settings, embeddings: Parameter, random: Random) {
    super();
    this.predictions = new BertLMPredictionHead(config, embeddings, random);
  }
}

/** The encoder with a head that says which token belongs at each place. */
export class BertForMaskedLM extends Module {
  readonly config: Settings;
  readonly bert: BertModel;
  /** Its last map shares its weight with the word embeddings: one parameter under two names. */
  readonly cls: BertOnlyMLMHead;

  /** @throws RangeError or TypeError naming the setting that is unknown, missing or out of range */
  constructor(settings: Omit<BertConfig, 'type'>, random: Random) {
    super();
    this.bert = new BertModel(settings, random, { pooler: false });
    this.config = this.bert.config;
    this.cls = new BertOnlyMLMHead(this.config, this.bert.embeddings.word_embeddings.weight, random);
  }

  /** Number of different tokens, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Longest text. */
  get contextLength(): number {
    return this.config.contextLength;
  }

  /**
   * Scores of all tokens, for every place.
   *
   * @param ids `[B, T]` int32, with the mask token where a word is hidden
   * @returns `[B, T, V]`
   * @throws Error as {@link BertModel.forward}
   */
  forward(ids: tf.Tensor2D, options: BertOptions = {}): tf.Tensor3D {
    return tidy(() => {
      const { transform, decoder } = this.cls.predictions;
      return decoder.forward(transform.forward(this.bert.forward(ids, options).hidden));
    });
  }

  /**
   * Mean cross entropy, in nats a token, of the labels that count.
   *
   * @param ids `[B, T]` int32
   * @param labels `[B, T]` int32: the token that belongs here, -100 where the model is not asked
   * @throws Error as {@link BertModel.forward}
   */
  loss(ids: tf.Tensor2D, labels: tf.Tensor2D, options: BertOptions = {}): tf.Scalar {
    return tidy(() => {
      const { transform, decoder } = this.cls.predictions;
      const x = transform.forward(this.bert.forward(ids, options).hidden);
      return linearCrossEntropy(x, decoder.weight.operand, decoder.bias?.variable, labels);
    });
  }
}

function checked(settings: Omit<BertConfig, 'type'>): Settings {
  const optional = {
    dFf: 4 * settings.dModel,
    tokenTypes: 2,
    activation: 'gelu' as ActivationName,
    normEpsilon: 1e-12,
    hiddenDropout: 0,
    attentionDropout: 0,
    initialDeviation: 0.02,
    padId: 0,
  };
  const sizes = checkConfig(
    'bert',
    settings,
    ['vocabSize', 'dModel', 'nHeads', 'nLayers', 'contextLength'],
    Object.keys(optional),
  );
  const config: Settings = Object.freeze({ ...optional, ...settings, ...sizes });
  for (const name of ['dFf', 'tokenTypes'] as const) checkSize(`bert: ${name}`, config[name]);
  checkChoice('bert: activation', config.activation, activationNames);
  for (const name of ['hiddenDropout', 'attentionDropout'] as const)
    checkShare(`bert: ${name}`, config[name]);
  checkId('bert: padId', config.padId, config.vocabSize);
  return config;
}
