// BART (Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and
// Comprehension", arXiv:1910.13461): an encoder-decoder with GELU, learned positions and post-norm blocks. One matrix embeds
// the tokens of both sides and projects to the vocabulary.
import { tf } from '@lilformer/engine';
import {
  applyLayers,
  attend,
  attendTo,
  ConstantBuffer,
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  type LayerOptions,
} from '@lilformer/layers';
import { embeddingWithPositions } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { activationField, ACTIVATIONS, type ActivationModule } from './core/activations.js';
import {
  MOST_TOKENS,
  defineConfig,
  flag,
  positive,
  probability,
  requiredTokenId,
  size,
  tokenId,
  type ConfigOf,
  type OptionsOf,
} from './core/config.js';
import { defineModel } from './core/definition.js';
import { EncoderDecoderModel, type DecodeOptions, type EncodeOptions } from './core/encoder-decoder-model.js';

const config = defineConfig(
  'bart',
  {
    vocabSize: size('vocabulary size, of both sides'),
    maxPositionEmbeddings: size('longest sequence of each side, in tokens', { most: MOST_TOKENS }).default(
      1024,
    ),
    dModel: size('hidden size; 768 in the base model, 1024 in the large one').default(1024),
    encoderLayers: size('blocks of the encoder; 6 or 12', { most: 1024 }).default(12),
    encoderAttentionHeads: size('attention heads of the encoder; must divide dModel', { most: 1024 }).default(
      16,
    ),
    encoderFfnDim: size("hidden size of the encoder's feed-forward networks").default(4096),
    decoderLayers: size('blocks of the decoder; 6 or 12', { most: 1024 }).default(12),
    decoderAttentionHeads: size('attention heads of the decoder; must divide dModel', { most: 1024 }).default(
      16,
    ),
    decoderFfnDim: size("hidden size of the decoder's feed-forward networks").default(4096),
    activationFunction: activationField('activation of the feed-forward networks', 'gelu'),
    dropout: probability('dropout of embeddings and of the output of each branch', 0.1),
    attentionDropout: probability('dropout of the attention weights'),
    activationDropout: probability('dropout inside the feed-forward networks'),
    initStd: positive('standard deviation of the initial weights', 0.02),
    scaleEmbedding: flag('multiply token embeddings by the square root of dModel', false),
    bosTokenId: tokenId('token at the start of an input sequence'),
    padTokenId: requiredTokenId('token that pads shorter sequences of a batch', 1),
    eosTokenId: requiredTokenId('token that ends a sequence', 2),
    decoderStartTokenId: requiredTokenId("the decoder's first input token", 2),
    forcedBosTokenId: tokenId('token that generation writes first'),
    forcedEosTokenId: tokenId('token that generation writes last'),
  },
  { divides: { encoderAttentionHeads: 'dModel', decoderAttentionHeads: 'dModel' } },
);
type Config = ConfigOf<typeof config>;

/** The position table has two rows before the first position, left over from fairseq's token numbering. */
const OFFSET = 2;

class BartScaledWordEmbedding extends Embedding {}

class BartLearnedPositionalEmbedding extends Embedding {}

/** Attention with four projections, each with a bias. */
class BartAttention extends Module {
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly q_proj: Linear;
  readonly out_proj: Linear;
  /** Not a module in PyTorch's model, so not in the printed tree. */
  readonly dropout: Dropout;
  readonly nHeads: number;

  constructor(nHeads: number, config: Config, random: Random) {
    super();
    const { dModel, attentionDropout, initStd: std } = config;
    this.k_proj = new Linear(dModel, dModel, random, { std });
    this.v_proj = new Linear(dModel, dModel, random, { std });
    this.q_proj = new Linear(dModel, dModel, random, { std });
    this.out_proj = new Linear(dModel, dModel, random, { std });
    this.dropout = new Dropout(attentionDropout, random, { inTree: false });
    this.nHeads = nHeads;
  }

  /** Self-attention, `[B, T, C]` to the same shape. */
  selfAttention(x: tf.Tensor3D, causal: boolean, name: string, options: LayerOptions): tf.Tensor3D {
    const settings = { nHeads: this.nHeads, causal, name, dropout: this.dropout.next() };
    const qkv = [this.q_proj.forward(x), this.k_proj.forward(x), this.v_proj.forward(x)] as const;
    return this.out_proj.forward(attend(qkv, settings, options));
  }

  /** Cross-attention of x `[B, T, C]` to the encoder's output `[B, S, C]`. */
  crossAttention(x: tf.Tensor3D, encoded: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const source = () => ({ keys: this.k_proj.forward(encoded), values: this.v_proj.forward(encoded) });
    const settings = { nHeads: this.nHeads, dropout: this.dropout.next() };
    return this.out_proj.forward(attendTo(this.q_proj.forward(x), source, settings, options));
  }
}

/** What encoder and decoder blocks share: post-norm residual branches and the feed-forward network. */
abstract class BartLayer extends Module {
  abstract readonly activation_fn: ActivationModule;
  abstract readonly fc1: Linear;
  abstract readonly fc2: Linear;
  abstract readonly final_layer_norm: LayerNorm;
  abstract readonly activation_dropout: Dropout;
  abstract readonly dropout: Dropout;

  /** `norm(x + dropout(branch))`. */
  protected addNorm(x: tf.Tensor3D, branch: () => tf.Tensor3D, norm: LayerNorm): tf.Tensor3D {
    return norm.addNorm(x, branch, this.dropout)[1];
  }

  /** `norm(x + fc2(activation(fc1(x))))`. */
  protected feedForward(x: tf.Tensor3D): tf.Tensor3D {
    const branch = () =>
      this.fc2.forward(this.activation_dropout.forward(this.fc1.forward(x, this.activation_fn.kind)));
    return this.addNorm(x, branch, this.final_layer_norm);
  }
}

/** `x = norm(x + self_attn(x))`, then `norm(x + feed-forward(x))`. */
class BartEncoderLayer extends BartLayer {
  readonly self_attn: BartAttention;
  readonly self_attn_layer_norm: LayerNorm;
  readonly activation_fn: ActivationModule;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly final_layer_norm: LayerNorm;
  readonly activation_dropout: Dropout;
  readonly dropout: Dropout;

  constructor(config: Config, random: Random) {
    super();
    const { dModel, encoderFfnDim, initStd: std } = config;
    this.self_attn = new BartAttention(config.encoderAttentionHeads, config, random);
    this.self_attn_layer_norm = new LayerNorm(dModel);
    this.activation_fn = new ACTIVATIONS[config.activationFunction]();
    this.fc1 = new Linear(dModel, encoderFfnDim, random, { std });
    this.fc2 = new Linear(encoderFfnDim, dModel, random, { std });
    this.final_layer_norm = new LayerNorm(dModel);
    this.activation_dropout = new Dropout(config.activationDropout, random, { inTree: false });
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
  }

  /** `[B, S, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const attended = () => this.self_attn.selfAttention(x, false, 'encoder.attn', options);
    return this.feedForward(this.addNorm(x, attended, this.self_attn_layer_norm));
  }
}

/** The encoder's block with cross-attention before the feed-forward network: `norm(x + encoder_attn(x, encoded))`. */
class BartDecoderLayer extends BartLayer {
  readonly self_attn: BartAttention;
  readonly activation_fn: ActivationModule;
  readonly self_attn_layer_norm: LayerNorm;
  readonly encoder_attn: BartAttention;
  readonly encoder_attn_layer_norm: LayerNorm;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly final_layer_norm: LayerNorm;
  readonly activation_dropout: Dropout;
  readonly dropout: Dropout;

  constructor(config: Config, random: Random) {
    super();
    const { dModel, decoderFfnDim, initStd: std } = config;
    this.self_attn = new BartAttention(config.decoderAttentionHeads, config, random);
    this.activation_fn = new ACTIVATIONS[config.activationFunction]();
    this.self_attn_layer_norm = new LayerNorm(dModel);
    this.encoder_attn = new BartAttention(config.decoderAttentionHeads, config, random);
    this.encoder_attn_layer_norm = new LayerNorm(dModel);
    this.fc1 = new Linear(dModel, decoderFfnDim, random, { std });
    this.fc2 = new Linear(decoderFfnDim, dModel, random, { std });
    this.final_layer_norm = new LayerNorm(dModel);
    this.activation_dropout = new Dropout(config.activationDropout, random, { inTree: false });
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, { encoded, encoderMask, cache, capture, layer }: DecoderLayerOptions): tf.Tensor3D {
    const options = { cache, capture, layer };
    const attended = () => this.self_attn.selfAttention(x, true, 'decoder.attn', options);
    const h = this.addNorm(x, attended, this.self_attn_layer_norm);
    const crossed = () =>
      this.encoder_attn.crossAttention(h, encoded, { ...options, paddingMask: encoderMask });
    return this.feedForward(this.addNorm(h, crossed, this.encoder_attn_layer_norm));
  }
}

type DecoderLayerOptions = DecodeOptions & { layer?: number };

/** Normalized embeddings and blocks. */
class BartStack<Layer extends Module> extends Module {
  readonly embed_tokens: BartScaledWordEmbedding;
  readonly embed_positions: BartLearnedPositionalEmbedding;
  readonly layers: readonly Layer[];
  readonly layernorm_embedding: LayerNorm;
  /** Not a module in PyTorch's model, so not in the printed tree. */
  readonly dropout: Dropout;
  readonly #scale: number;

  constructor(config: Config, tokens: BartScaledWordEmbedding, layers: readonly Layer[], random: Random) {
    super();
    const { dModel, maxPositionEmbeddings, initStd: std } = config;
    this.embed_tokens = tokens;
    const positions = maxPositionEmbeddings + OFFSET;
    this.embed_positions = new BartLearnedPositionalEmbedding(positions, dModel, random, { std });
    this.layers = layers;
    this.layernorm_embedding = new LayerNorm(dModel);
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
    this.#scale = config.scaleEmbedding ? Math.sqrt(dModel) : 1;
  }

  /** int32 `[B, T]`, starting at position `first`, to `[B, T, C]`. */
  embed(ids: tf.Tensor2D, first: number): tf.Tensor3D {
    const start = first + OFFSET;
    const { embed_tokens: tokens, embed_positions: positions } = this;
    const x =
      this.#scale === 1
        ? embeddingWithPositions(ids, tokens.weight.operand, positions.weight.operand, start)
        : tf.add(
            tf.mul(tokens.forward(ids), this.#scale),
            positions.forward(tf.range(start, start + ids.shape[1], 1, 'int32')),
          );
    return this.dropout.forward(this.layernorm_embedding.forward(x as tf.Tensor3D));
  }
}

class BartEncoder extends BartStack<BartEncoderLayer> {}

class BartDecoder extends BartStack<BartDecoderLayer> {}

class BartModel extends Module {
  readonly shared: BartScaledWordEmbedding;
  readonly encoder: BartEncoder;
  readonly decoder: BartDecoder;

  constructor(config: Config, random: Random) {
    super();
    const { vocabSize, dModel, encoderLayers, decoderLayers, padTokenId, initStd: std } = config;
    const many = <Layer>(length: number, make: () => Layer): Layer[] => Array.from({ length }, make);
    this.shared = new BartScaledWordEmbedding(vocabSize, dModel, random, { std, paddingIndex: padTokenId });
    const encoderBlocks = many(encoderLayers, () => new BartEncoderLayer(config, random));
    this.encoder = new BartEncoder(config, this.shared, encoderBlocks, random);
    const decoderBlocks = many(decoderLayers, () => new BartDecoderLayer(config, random));
    this.decoder = new BartDecoder(config, this.shared, decoderBlocks, random);
  }
}

/** Encoder and decoder with a tied output projection. */
export class BartForConditionalGeneration extends EncoderDecoderModel {
  readonly config: Config;
  readonly model: BartModel;
  /** Added to the logits by PyTorch's model; zero in every published model, and here. */
  readonly final_logits_bias: ConstantBuffer;
  /** Shares its weight with the embeddings of both sides. */
  readonly lm_head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel } = this.config;
    this.model = new BartModel(this.config, random);
    this.final_logits_bias = new ConstantBuffer('F32', [1, vocabSize], () => new Float32Array(vocabSize));
    const { weight } = this.model.shared;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight });
  }

  protected override encoderHidden(ids: tf.Tensor2D, options: EncodeOptions): tf.Tensor3D {
    const { encoder } = this.model;
    return applyLayers(encoder.embed(ids, 0), encoder.layers, options, undefined, 'encoder.');
  }

  protected override decoderHidden(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D {
    const { decoder } = this.model;
    return applyLayers(
      decoder.embed(ids, options.cache?.length ?? 0),
      decoder.layers,
      options,
      undefined,
      'decoder.',
    );
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

export const bart = defineModel({
  config,
  summary: 'BART, an encoder-decoder',
  causal: false,
  create: (options: OptionsOf<typeof config>, random) => new BartForConditionalGeneration(options, random),
  contextField: 'maxPositionEmbeddings',
  huggingFace: {
    modelType: 'bart',
    architecture: 'BartForConditionalGeneration',
    compatible: ['BartModel'],
    unsupported: {
      tie_word_embeddings: [true],
      encoder_layerdrop: [0],
      decoder_layerdrop: [0],
      // Of configs older than the class: the published models have these values.
      normalize_before: [false],
      normalize_embedding: [true],
      add_final_layer_norm: [false],
      static_position_embeddings: [false],
      add_bias_logits: [false],
      extra_pos_embeddings: [2],
    },
    constants: { is_encoder_decoder: true, tie_word_embeddings: true },
    // A config without the entry means 2; null means none.
    defaults: { forced_eos_token_id: 2 },
    omitted: ['forced_bos_token_id'],
    weightName: (name) => {
      if (/^(model\.)?(en|de)coder\.version$|^classification_head\./.test(name)) return undefined;
      return /^(model\.|lm_head\.|final_logits_bias$)/.test(name) ? name : `model.${name}`;
    },
  },
});
