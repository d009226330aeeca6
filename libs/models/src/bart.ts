// BART (Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and
// Comprehension", arXiv:1910.13461): the transformer of Vaswani et al. (arXiv:1706.03762) with GELU and learned positions, an
// encoder that sees its whole text and a decoder that writes another one. Post-norm blocks, norms behind the embeddings, none
// at the end; one matrix reads the tokens of both sides and scores them.
import { tf, tidy } from '@lilformer/engine';
import {
  attend,
  attendTo,
  checkSize,
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
import { activationNames, ACTIVATIONS, type ActivationModule, type ActivationName } from './activations.js';
import { checkChoice, checkConfig, checkHeads, checkId, checkShare } from './config.js';
import {
  EncoderDecoderModel,
  type DecodeOptions,
  type EncodeOptions,
  type EncoderDecoderConfig,
} from './encoder-decoder-model.js';

/** Settings of a {@link BartForConditionalGeneration}. */
export interface BartConfig extends EncoderDecoderConfig {
  readonly type: 'bart';
  /** Length of a token's vector; 768 in the published base model, 1,024 in the large one. */
  readonly dModel: number;
  /** Blocks of the encoder; 6 or 12. */
  readonly encoderLayers: number;
  /** Blocks of the decoder; 6 or 12. */
  readonly decoderLayers: number;
  /** Attention heads of the encoder's blocks; they share `dModel` evenly. 12 or 16. */
  readonly encoderHeads: number;
  /** Attention heads of the decoder's blocks; they share `dModel` evenly. 12 or 16. */
  readonly decoderHeads: number;
  /** Longest text of either side; 1,024. */
  readonly contextLength: number;
  /** Inner width of the encoder's feed-forward networks; without, four times `dModel`. */
  readonly encoderFf?: number;
  /** Inner width of the decoder's feed-forward networks; without, four times `dModel`. */
  readonly decoderFf?: number;
  /** What stands between the two maps of a feed-forward network; `gelu`, the exact one, without. */
  readonly activation?: ActivationName;
  /** Whether embeddings of tokens are multiplied by the root of `dModel`; false without. */
  readonly scaleEmbedding?: boolean;
  /** Share of embeddings and of what a block's parts add that is dropped in training; 0 without, 0.1 in the published models. */
  readonly dropout?: number;
  /** Share of the attention weights that is dropped in training; 0 without. */
  readonly attentionDropout?: number;
  /** Share of the inner values of feed-forward networks that is dropped in training; 0 without. */
  readonly activationDropout?: number;
  /** Deviation of the first weights; 0.02 without. */
  readonly initialDeviation?: number;
  /** The token in front of a text that is read, where there is one. */
  readonly bosId?: number;
  /** The token that generation puts in the first place, where it does. */
  readonly forcedBosId?: number;
  /** The token that generation puts in the last place, where it does. */
  readonly forcedEosId?: number;
}

type Tokens = 'bosId' | 'forcedBosId' | 'forcedEosId';
type Settings = Required<Omit<BartConfig, Tokens>> & Pick<BartConfig, Tokens>;

/** Rows of the table of positions in front of the first position's, which fairseq's numbering of tokens left behind. */
const OFFSET = 2;

class BartScaledWordEmbedding extends Embedding {}

class BartLearnedPositionalEmbedding extends Embedding {}

/** Attention of `heads` heads with a map with a bias for each of queries, keys, values and result. */
class BartAttention extends Module {
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly q_proj: Linear;
  readonly out_proj: Linear;
  /** A function in PyTorch's model. */
  readonly dropout: Dropout;
  readonly heads: number;

  constructor(heads: number, config: Settings, random: Random) {
    super();
    const { dModel, attentionDropout, initialDeviation: deviation } = config;
    this.k_proj = new Linear(dModel, dModel, random, { deviation });
    this.v_proj = new Linear(dModel, dModel, random, { deviation });
    this.q_proj = new Linear(dModel, dModel, random, { deviation });
    this.out_proj = new Linear(dModel, dModel, random, { deviation });
    this.dropout = new Dropout(attentionDropout, random, { inTree: false });
    this.heads = heads;
  }

  /** Attention of a text to itself, `[B, T, C]` to the same shape. */
  toItself(x: tf.Tensor3D, causal: boolean, name: string, options: LayerOptions): tf.Tensor3D {
    const of = { heads: this.heads, causal, name, dropout: this.dropout.next() };
    const qkv = [this.q_proj.forward(x), this.k_proj.forward(x), this.v_proj.forward(x)] as const;
    return this.out_proj.forward(attend(qkv, of, options));
  }

  /** Attention of `x` `[B, T, C]` to an encoded text `[B, S, C]`. */
  toEncoded(x: tf.Tensor3D, encoded: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const source = () => ({ keys: this.k_proj.forward(encoded), values: this.v_proj.forward(encoded) });
    const of = { heads: this.heads, dropout: this.dropout.next() };
    return this.out_proj.forward(attendTo(this.q_proj.forward(x), source, of, options));
  }
}

/** What blocks of both sides end with, and the dropout of all their branches. */
abstract class BartLayer extends Module {
  abstract readonly activation_fn: ActivationModule;
  abstract readonly fc1: Linear;
  abstract readonly fc2: Linear;
  abstract readonly final_layer_norm: LayerNorm;
  abstract readonly activation_dropout: Dropout;
  abstract readonly dropout: Dropout;

  /** `norm(x + branch)` with dropout on the branch. */
  protected ended(x: tf.Tensor3D, branch: tf.Tensor3D, norm: LayerNorm): tf.Tensor3D {
    return norm.ofSum(x, branch, this.dropout.next())[1];
  }

  /** `norm(x + fc2(activation(fc1(x))))`. */
  protected thought(x: tf.Tensor3D): tf.Tensor3D {
    return tidy(() => {
      const inner = this.activation_dropout.forward(this.fc1.forward(x, this.activation_fn.kind));
      return this.ended(x, this.fc2.forward(inner), this.final_layer_norm);
    });
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

  constructor(config: Settings, random: Random) {
    super();
    const { dModel, encoderFf, initialDeviation: deviation } = config;
    this.self_attn = new BartAttention(config.encoderHeads, config, random);
    this.self_attn_layer_norm = new LayerNorm(dModel);
    this.activation_fn = new ACTIVATIONS[config.activation]();
    this.fc1 = new Linear(dModel, encoderFf, random, { deviation });
    this.fc2 = new Linear(encoderFf, dModel, random, { deviation });
    this.final_layer_norm = new LayerNorm(dModel);
    this.activation_dropout = new Dropout(config.activationDropout, random, { inTree: false });
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
  }

  /** `[B, S, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() =>
        this.ended(x, this.self_attn.toItself(x, false, 'encoder.attn', options), this.self_attn_layer_norm),
      );
      return this.thought(attended);
    });
  }
}

/** As the encoder's, with a look at the encoded text in between: `norm(x + encoder_attn(x, encoded))`. */
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

  constructor(config: Settings, random: Random) {
    super();
    const { dModel, decoderFf, initialDeviation: deviation } = config;
    this.self_attn = new BartAttention(config.decoderHeads, config, random);
    this.activation_fn = new ACTIVATIONS[config.activation]();
    this.self_attn_layer_norm = new LayerNorm(dModel);
    this.encoder_attn = new BartAttention(config.decoderHeads, config, random);
    this.encoder_attn_layer_norm = new LayerNorm(dModel);
    this.fc1 = new Linear(dModel, decoderFf, random, { deviation });
    this.fc2 = new Linear(decoderFf, dModel, random, { deviation });
    this.final_layer_norm = new LayerNorm(dModel);
    this.activation_dropout = new Dropout(config.activationDropout, random, { inTree: false });
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
  }

  /** `[B, T, C]` to the same shape. */
  forward(
    x: tf.Tensor3D,
    { encoded, encoderMask, cache, capture }: DecodeOptions,
    layer: number,
  ): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => {
        const branch = this.self_attn.toItself(x, true, 'decoder.attn', { cache, capture, layer });
        return this.ended(x, branch, this.self_attn_layer_norm);
      });
      const looked = tidy(() => {
        const options = { cache, capture, layer, paddingMask: encoderMask };
        const branch = this.encoder_attn.toEncoded(attended, encoded, options);
        return this.ended(attended, branch, this.encoder_attn_layer_norm);
      });
      return this.thought(looked);
    });
  }
}

/** Tokens and positions, normed, and blocks. */
class BartStack<Layer extends Module> extends Module {
  readonly embed_tokens: BartScaledWordEmbedding;
  readonly embed_positions: BartLearnedPositionalEmbedding;
  readonly layers: readonly Layer[];
  readonly layernorm_embedding: LayerNorm;
  /** A function in PyTorch's model. */
  readonly dropout: Dropout;
  readonly #scale: number;

  constructor(config: Settings, tokens: BartScaledWordEmbedding, layers: readonly Layer[], random: Random) {
    super();
    const { dModel, contextLength, initialDeviation: deviation } = config;
    this.embed_tokens = tokens;
    this.embed_positions = new BartLearnedPositionalEmbedding(contextLength + OFFSET, dModel, random, {
      deviation,
    });
    this.layers = layers;
    this.layernorm_embedding = new LayerNorm(dModel);
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
    this.#scale = config.scaleEmbedding ? Math.sqrt(dModel) : 1;
  }

  /** int32 `[B, T]`, the first of them at position `first`, to `[B, T, C]`. */
  embedded(ids: tf.Tensor2D, first: number): tf.Tensor3D {
    const start = first + OFFSET;
    const { embed_tokens: tokens, embed_positions: places } = this;
    const x =
      this.#scale === 1
        ? embeddingWithPositions(ids, tokens.weight.operand, places.weight.operand, start)
        : tf.add(
            tf.mul(tokens.forward(ids), this.#scale),
            places.forward(tf.range(start, start + ids.shape[1], 1, 'int32')),
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

  constructor(config: Settings, random: Random) {
    super();
    const { vocabSize, dModel, encoderLayers, decoderLayers, padId, initialDeviation: deviation } = config;
    const many = <Layer>(length: number, make: () => Layer): Layer[] => Array.from({ length }, make);
    this.shared = new BartScaledWordEmbedding(vocabSize, dModel, random, { deviation, paddingIndex: padId });
    const below = many(encoderLayers, () => new BartEncoderLayer(config, random));
    this.encoder = new BartEncoder(config, this.shared, below, random);
    const above = many(decoderLayers, () => new BartDecoderLayer(config, random));
    this.decoder = new BartDecoder(config, this.shared, above, random);
  }
}

/** Encoder and decoder, and the scores of tokens as products with their embeddings. */
export class BartForConditionalGeneration extends EncoderDecoderModel {
  readonly config: Settings;
  readonly model: BartModel;
  /** Added to the logits, and zero in every published model: here it has to be. */
  readonly final_logits_bias: ConstantBuffer;
  /** Shares its weight with both sides' embeddings. */
  readonly lm_head: Linear;

  /** @throws RangeError or TypeError naming the setting that is unknown, missing or out of range */
  constructor(settings: Omit<BartConfig, 'type'>, random: Random) {
    super();
    this.config = checked(settings);
    const { vocabSize, dModel } = this.config;
    this.model = new BartModel(this.config, random);
    this.final_logits_bias = new ConstantBuffer('F32', [1, vocabSize], () => new Float32Array(vocabSize));
    const { weight } = this.model.shared;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight });
  }

  protected override encoderHidden(ids: tf.Tensor2D, { paddingMask, capture }: EncodeOptions): tf.Tensor3D {
    const { encoder } = this.model;
    let x = encoder.embedded(ids, 0); // [B, S, C]
    capture?.take('encoder.hidden.0', x);
    for (const [layer, block] of encoder.layers.entries()) {
      x = block.forward(x, { paddingMask, capture, layer });
      capture?.take(`encoder.hidden.${layer + 1}`, x);
    }
    return x;
  }

  protected override decoderHidden(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D {
    const { cache, capture } = options;
    const { decoder } = this.model;
    let x = decoder.embedded(ids, cache?.length ?? 0); // [B, T, C]
    capture?.take('decoder.hidden.0', x);
    for (const [layer, block] of decoder.layers.entries()) {
      x = block.forward(x, options, layer);
      capture?.take(`decoder.hidden.${layer + 1}`, x);
    }
    return x;
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

function checked(settings: Omit<BartConfig, 'type'>): Settings {
  const optional = {
    encoderFf: 4 * settings.dModel,
    decoderFf: 4 * settings.dModel,
    activation: 'gelu' as ActivationName,
    scaleEmbedding: false,
    dropout: 0,
    attentionDropout: 0,
    activationDropout: 0,
    initialDeviation: 0.02,
  };
  const required = ['startId', 'padId', 'eosId'] as const;
  const tokens = [...required, 'bosId', 'forcedBosId', 'forcedEosId'] as const;
  const sizes = checkConfig(
    'bart',
    settings,
    [
      'vocabSize',
      'dModel',
      'encoderLayers',
      'decoderLayers',
      'encoderHeads',
      'decoderHeads',
      'contextLength',
    ],
    [...Object.keys(optional), ...tokens],
  );
  const config: Settings = Object.freeze({ ...optional, ...settings, ...sizes });
  for (const name of ['encoderHeads', 'decoderHeads'] as const) {
    checkHeads(`bart: ${name}`, config[name], config.dModel);
  }
  for (const name of ['encoderFf', 'decoderFf'] as const) checkSize(`bart: ${name}`, config[name]);
  checkChoice('bart: activation', config.activation, activationNames);
  for (const name of ['dropout', 'attentionDropout', 'activationDropout'] as const) {
    checkShare(`bart: ${name}`, config[name]);
  }
  for (const name of tokens) checkId(`bart: ${name}`, config[name], config.vocabSize);
  for (const name of required) checkId(`bart: ${name}`, config[name] ?? NaN, config.vocabSize);
  return config;
}
