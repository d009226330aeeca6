// BERT (Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", arXiv:1810.04805)
// with the names of the published weights: post-norm blocks, bidirectional attention, learned positions and token types.
import { tf } from '@lilformer/engine';
import {
  applyLayers,
  attend,
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  type Capture,
  type LayerOptions,
} from '@lilformer/layers';
import { embeddingWithPositions, linearCrossEntropy } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { activationField, ACTIVATIONS, type ActivationModule } from './core/activations.js';
import { checkInput } from './core/check-input.js';
import {
  MOST_TOKENS,
  defineConfig,
  positive,
  probability,
  requiredTokenId,
  size,
  type ConfigOf,
  type OptionsOf,
} from './core/config.js';
import { transformerCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import type { HuggingFaceFormat } from './core/hugging-face.js';

const shape = {
  vocabSize: size('vocabulary size; 30522 in the published uncased models'),
  hiddenSize: size('hidden size; 768 in the base model, 1024 in the large one').default(768),
  numHiddenLayers: size('number of blocks; 12 or 24', { most: 1024 }).default(12),
  numAttentionHeads: size('attention heads per block; must divide hiddenSize', { most: 1024 }).default(12),
  intermediateSize: size('hidden size of the feed-forward network').default(3072),
  hiddenAct: activationField('activation of the feed-forward network', 'gelu'),
  hiddenDropoutProb: probability('dropout of embeddings and of the output of each branch', 0.1),
  attentionProbsDropoutProb: probability('dropout of the attention weights', 0.1),
  maxPositionEmbeddings: size('longest sequence, in tokens', { most: MOST_TOKENS }).default(512),
  typeVocabSize: size('number of token types (segments)').default(2),
  initializerRange: positive('standard deviation of the initial weights', 0.02),
  layerNormEps: positive('added to the variance in layer norms', 1e-12),
  padTokenId: requiredTokenId('token that pads shorter sequences of a batch', 0),
};
const rules = { divides: { numAttentionHeads: 'hiddenSize' } };
const config = defineConfig('bert', shape, rules);
const encoderConfig = defineConfig('bert-model', shape, rules);
type Config = ConfigOf<typeof config> | ConfigOf<typeof encoderConfig>;

/** What {@link BertModel} and {@link BertForMaskedLM} take besides ids. */
export interface BertOptions {
  /** `[B, T]`: 1 for a token, 0 for padding, which is not attended to. */
  paddingMask?: tf.Tensor2D;
  /** `[B, T]` int32: the segment of each token; all 0 unless given. */
  tokenTypeIds?: tf.Tensor2D;
  /** Collects `hidden.N` [B, T, C] (0: the embedding; N: after layer N) and `attn.N` [B, H, T, T]. */
  capture?: Capture;
}

/** The output of a {@link BertModel}. Dispose both tensors when done. */
export interface BertResult {
  /** `[B, T, C]` */
  readonly lastHiddenState: tf.Tensor3D;
  /** `[B, C]`, from the first token; undefined without a pooler */
  readonly poolerOutput: tf.Tensor2D | undefined;
}

/** Token, position and segment embeddings, summed and normalized (figure 2 of the paper). */
class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Config, random: Random) {
    super();
    const { vocabSize, hiddenSize, maxPositionEmbeddings, typeVocabSize, initializerRange: std } = config;
    this.word_embeddings = new Embedding(vocabSize, hiddenSize, random, {
      std,
      paddingIndex: config.padTokenId,
    });
    this.position_embeddings = new Embedding(maxPositionEmbeddings, hiddenSize, random, { std });
    this.token_type_embeddings = new Embedding(typeVocabSize, hiddenSize, random, { std });
    this.LayerNorm = new LayerNorm(hiddenSize, { eps: config.layerNormEps });
    this.dropout = new Dropout(config.hiddenDropoutProb, random);
  }

  /** int32 `[B, T]` to `[B, T, C]`. */
  forward(ids: tf.Tensor2D, tokenTypeIds: tf.Tensor2D | undefined): tf.Tensor3D {
    const { weight } = this.word_embeddings;
    const placed = embeddingWithPositions(ids, weight.operand, this.position_embeddings.weight.operand);
    const types = this.token_type_embeddings.forward(tokenTypeIds ?? tf.zerosLike(ids));
    const [, normed] = this.LayerNorm.addNorm(placed as tf.Tensor3D, () => types);
    return this.dropout.forward(normed);
  }
}

/** Bidirectional self-attention, named as in transformers 4. */
class BertSdpaSelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly dropout: Dropout;
  readonly #nHeads: number;

  constructor(
    { hiddenSize, numAttentionHeads, attentionProbsDropoutProb, initializerRange: std }: Config,
    random: Random,
  ) {
    super();
    this.query = new Linear(hiddenSize, hiddenSize, random, { std });
    this.key = new Linear(hiddenSize, hiddenSize, random, { std });
    this.value = new Linear(hiddenSize, hiddenSize, random, { std });
    this.dropout = new Dropout(attentionProbsDropoutProb, random);
    this.#nHeads = numAttentionHeads;
  }

  override treeName(form: string): string {
    return form === 'torch 2.15' ? 'BertSelfAttention' : this.constructor.name;
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const qkv = [this.query.forward(x), this.key.forward(x), this.value.forward(x)] as const;
    return attend(qkv, { nHeads: this.#nHeads, causal: false, dropout: this.dropout.next() }, options);
  }
}

/** The end of a branch: `LayerNorm(x + dropout(dense(branch)))`. */
class BertBranchEnd extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(inFeatures: number, config: Config, random: Random) {
    super();
    this.dense = new Linear(inFeatures, config.hiddenSize, random, { std: config.initializerRange });
    this.LayerNorm = new LayerNorm(config.hiddenSize, { eps: config.layerNormEps });
    this.dropout = new Dropout(config.hiddenDropoutProb, random);
  }

  /** Branch `[B, T, in]` and residual stream x `[B, T, C]` to `[B, T, C]`. */
  forward(branch: tf.Tensor3D, x: tf.Tensor3D): tf.Tensor3D {
    return this.LayerNorm.addNorm(x, () => this.dense.forward(branch), this.dropout)[1];
  }
}

class BertSelfOutput extends BertBranchEnd {}

class BertAttention extends Module {
  readonly self: BertSdpaSelfAttention;
  readonly output: BertSelfOutput;

  constructor(config: Config, random: Random) {
    super();
    this.self = new BertSdpaSelfAttention(config, random);
    this.output = new BertSelfOutput(config.hiddenSize, config, random);
  }
}

class BertIntermediate extends Module {
  readonly dense: Linear;
  readonly intermediate_act_fn: ActivationModule;

  constructor({ hiddenSize, intermediateSize, hiddenAct, initializerRange: std }: Config, random: Random) {
    super();
    this.dense = new Linear(hiddenSize, intermediateSize, random, { std });
    this.intermediate_act_fn = new ACTIVATIONS[hiddenAct]();
  }

  /** `[B, T, C]` to `[B, T, F]`. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return this.dense.forward(x, this.intermediate_act_fn.kind);
  }
}

class BertOutput extends BertBranchEnd {}

/** `h = norm(x + attention(x))`, then `norm(h + dense(intermediate(h)))`. */
class BertLayer extends Module {
  readonly attention: BertAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutput;

  constructor(config: Config, random: Random) {
    super();
    this.attention = new BertAttention(config, random);
    this.intermediate = new BertIntermediate(config, random);
    this.output = new BertOutput(config.intermediateSize, config, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const { self, output } = this.attention;
    const h = output.forward(self.forward(x, options), x);
    return this.output.forward(this.intermediate.forward(h), h);
  }
}

class BertEncoder extends Module {
  readonly layer: readonly BertLayer[];

  constructor(config: Config, random: Random) {
    super();
    this.layer = Array.from({ length: config.numHiddenLayers }, () => new BertLayer(config, random));
  }
}

class Tanh extends Module {
  forward<T extends tf.Tensor>(x: T): T {
    return tf.tanh(x);
  }
}

/** One vector per sequence: `tanh(dense(x))` of the first token. */
class BertPooler extends Module {
  readonly dense: Linear;
  readonly activation: Tanh;

  constructor({ hiddenSize, initializerRange: std }: Config, random: Random) {
    super();
    this.dense = new Linear(hiddenSize, hiddenSize, random, { std });
    this.activation = new Tanh();
  }

  /** `[B, T, C]` to `[B, C]`. */
  forward(hidden: tf.Tensor3D): tf.Tensor2D {
    const [batch, , width] = hidden.shape;
    const first = tf.reshape(tf.slice(hidden, [0, 0, 0], [batch, 1, width]), [batch, width]) as tf.Tensor2D;
    return this.activation.forward(this.dense.forward(first));
  }
}

/** The encoder: a vector for each token and, with a pooler, one for the sequence. */
export class BertModel extends Module {
  readonly config: Config;
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler | undefined;

  /**
   * @param options.pooler whether there is a pooler; true unless given
   * @throws RangeError naming each field that is unknown, missing or out of range
   */
  constructor(
    options: OptionsOf<typeof encoderConfig>,
    random: Random,
    { pooler = true }: { pooler?: boolean } = {},
  ) {
    super();
    this.config = encoderConfig.parse(options);
    this.embeddings = new BertEmbeddings(this.config, random);
    this.encoder = new BertEncoder(this.config, random);
    this.pooler = pooler ? new BertPooler(this.config, random) : undefined;
  }

  /** Vocabulary size, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Longest sequence, in tokens. */
  get contextLength(): number {
    return this.config.maxPositionEmbeddings;
  }

  /**
   * @param ids `[B, T]` int32
   * @throws Error when ids are not int32 `[B, T]` with T from 1 to the context length, an id is not below V, or mask or
   *   token types have another shape
   */
  forward(ids: tf.Tensor2D, options: BertOptions = {}): BertResult {
    const { paddingMask, tokenTypeIds, capture } = options;
    const name = this.constructor.name;
    checkInput(name, ids, this.contextLength, { paddingMask });
    if (tokenTypeIds && (tokenTypeIds.shape.join() !== ids.shape.join() || tokenTypeIds.dtype !== 'int32')) {
      throw new Error(
        `${name}: tokenTypeIds are ${tokenTypeIds.dtype} of shape [${tokenTypeIds.shape}]. Expected int32 [${ids.shape}].`,
      );
    }
    const [hidden, pooled] = this.scope((): tf.Tensor[] => {
      const x = applyLayers(this.embeddings.forward(ids, tokenTypeIds), this.encoder.layer, {
        paddingMask,
        capture,
      });
      return this.pooler ? [x, this.pooler.forward(x)] : [x]; // [B, T, C], [B, C]
    });
    return { lastHiddenState: hidden as tf.Tensor3D, poolerOutput: pooled as tf.Tensor2D | undefined };
  }
}

class BertPredictionHeadTransform extends Module {
  readonly dense: Linear;
  readonly transform_act_fn: ActivationModule;
  readonly LayerNorm: LayerNorm;

  constructor({ hiddenSize, hiddenAct, layerNormEps, initializerRange: std }: Config, random: Random) {
    super();
    this.dense = new Linear(hiddenSize, hiddenSize, random, { std });
    this.transform_act_fn = new ACTIVATIONS[hiddenAct]();
    this.LayerNorm = new LayerNorm(hiddenSize, { eps: layerNormEps });
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return this.LayerNorm.forward(this.dense.forward(x, this.transform_act_fn.kind));
  }
}

class BertLMPredictionHead extends Module {
  /** The bias of `decoder`, under a second name. */
  readonly bias: Parameter;
  readonly transform: BertPredictionHeadTransform;
  readonly decoder: Linear;

  constructor(config: Config, embeddings: Parameter, random: Random) {
    super();
    const { hiddenSize, vocabSize } = config;
    this.bias = new Parameter(() => new Float32Array(vocabSize), [vocabSize]);
    this.transform = new BertPredictionHeadTransform(config, random);
    this.decoder = new Linear(hiddenSize, vocabSize, random, { bias: this.bias, weight: embeddings });
  }
}

class BertOnlyMLMHead extends Module {
  readonly predictions: BertLMPredictionHead;

  constructor(config: Config, embeddings: Parameter, random: Random) {
    super();
    this.predictions = new BertLMPredictionHead(config, embeddings, random);
  }
}

/** The encoder with its masked language modeling head. */
export class BertForMaskedLM extends Module {
  readonly config: Config;
  readonly bert: BertModel;
  /** Its output projection shares the word embedding's weight: one parameter under two names. */
  readonly cls: BertOnlyMLMHead;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    this.bert = new BertModel(options, random, { pooler: false });
    this.cls = new BertOnlyMLMHead(this.config, this.bert.embeddings.word_embeddings.weight, random);
  }

  /** Vocabulary size, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Longest sequence, in tokens. */
  get contextLength(): number {
    return this.config.maxPositionEmbeddings;
  }

  /**
   * Logits of all tokens at every position.
   *
   * @param ids `[B, T]` int32, with the mask token where a token is to be predicted
   * @returns `[B, T, V]`
   * @throws Error as {@link BertModel.forward}
   */
  forward(ids: tf.Tensor2D, options: BertOptions = {}): tf.Tensor3D {
    return this.scope(() => {
      const { transform, decoder } = this.cls.predictions;
      return decoder.forward(transform.forward(this.bert.forward(ids, options).lastHiddenState));
    });
  }

  /**
   * Mean cross entropy, in nats per token, of the labels that are not -100.
   *
   * @param ids `[B, T]` int32
   * @param labels `[B, T]` int32: the token at each position, -100 to ignore a position
   * @throws Error as {@link BertModel.forward}
   */
  loss(ids: tf.Tensor2D, labels: tf.Tensor2D, options: BertOptions = {}): tf.Scalar {
    return this.scope(() => {
      const { transform, decoder } = this.cls.predictions;
      const x = transform.forward(this.bert.forward(ids, options).lastHiddenState);
      return linearCrossEntropy(x, decoder.weight.operand, decoder.bias?.variable, labels);
    });
  }
}

/** TensorFlow's names of a norm's weights, which early files have, as PyTorch's. */
function modernName(name: string): string {
  return name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

const huggingFace = {
  modelType: 'bert',
  unsupported: {
    is_decoder: [false],
    add_cross_attention: [false],
    position_embedding_type: ['absolute'],
    tie_word_embeddings: [true],
  },
  constants: { tie_word_embeddings: true },
} satisfies Partial<HuggingFaceFormat>;

export const bert = defineModel({
  config,
  summary: 'BERT with its masked language modeling head',
  causal: false,
  create: (options: OptionsOf<typeof config>, random) => new BertForMaskedLM(options, random),
  contextField: 'maxPositionEmbeddings',
  costs: bertCosts,
  huggingFace: {
    ...huggingFace,
    architecture: 'BertForMaskedLM',
    compatible: ['BertForPreTraining'],
    weightName: (fileName) => {
      const name = modernName(fileName);
      if (/^(bert\.)?pooler\.|^cls\.seq_relationship\./.test(name)) return undefined; // next sentence prediction
      if (name.endsWith('.position_ids')) return undefined; // a constant
      return /^(bert|cls)\./.test(name) ? name : `bert.${name}`;
    },
  },
});

export const bertModel = defineModel({
  config: encoderConfig,
  summary: "BERT's encoder with its pooler",
  causal: false,
  create: (options: OptionsOf<typeof encoderConfig>, random) => new BertModel(options, random),
  contextField: 'maxPositionEmbeddings',
  costs: bertCosts,
  huggingFace: {
    ...huggingFace,
    architecture: 'BertModel',
    weightName: (fileName) => {
      const name = modernName(fileName).replace(/^bert\./, '');
      return /^(cls|classifier|qa_outputs)\.|\.position_ids$/.test(name) ? undefined : name; // heads of tasks
    },
  },
});

function bertCosts({ vocabSize, hiddenSize, numHiddenLayers, intermediateSize }: Config) {
  return transformerCosts({ vocabSize, dModel: hiddenSize, nLayers: numHiddenLayers, dFf: intermediateSize });
}
