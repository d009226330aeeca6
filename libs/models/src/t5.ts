// T5 (Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", arXiv:1910.10683):
// an encoder-decoder whose attention knows positions only as distances, by a number for each head and range of distances that
// is added to the scores; norms without mean and bias, in front of each part, no biases anywhere, heads whose widths need not
// add up to the model's, and scores that are not divided by the root of a head's width. With `gated` and without `tied` it is
// T5 1.1 (arXiv:2002.05202), as FLAN-T5 is.
import { tf, tidy } from '@lilformer/engine';
import {
  attend,
  attendTo,
  checkSize,
  Dropout,
  Embedding,
  Linear,
  Module,
  relativeBias,
  RMSNorm,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { activationNames, ACTIVATIONS, type ActivationModule, type ActivationName } from './activations.js';
import { checkChoice, checkConfig, checkId, checkShare } from './config.js';
import {
  EncoderDecoderModel,
  type DecodeOptions,
  type EncodeOptions,
  type EncoderDecoderConfig,
} from './encoder-decoder-model.js';

/** Settings of a {@link T5ForConditionalGeneration}. */
export interface T5Config extends EncoderDecoderConfig {
  readonly type: 't5';
  /** Length of a token's vector; 512 in the published small model, then 768 and 1,024. */
  readonly dModel: number;
  /** Blocks of the encoder; 6 in the small model, then 12 and 24. */
  readonly encoderLayers: number;
  /** Blocks of the decoder. */
  readonly decoderLayers: number;
  /** Attention heads of each block; 8, then 12 and 16. */
  readonly nHeads: number;
  /** Width of one head; 64. */
  readonly headWidth: number;
  /** Inner width of the feed-forward networks; without, four times `dModel`. */
  readonly dFf?: number;
  /** Ranges of distances between tokens that attention tells apart; 32 without. */
  readonly distanceBuckets?: number;
  /** Distances from here on are one range; 128 without. */
  readonly maxDistance?: number;
  /** What stands between the maps of a feed-forward network; `relu` without. */
  readonly activation?: ActivationName;
  /** Whether the activation's result is multiplied by a second map of the input, as in T5 1.1; false without. */
  readonly gated?: boolean;
  /** Added to the mean square in norms; 1e-6 without. */
  readonly normEpsilon?: number;
  /** Share of embeddings, attention weights, inner values and of what parts add that is dropped in training; 0 without, 0.1 in the published models. */
  readonly dropout?: number;
  /**
   * Whether scores of tokens are products of the decoder's result, divided by the root of `dModel`, with their embeddings;
   * true without. False in T5 1.1, where they have a map of their own, and nothing is divided.
   */
  readonly tied?: boolean;
  /** Factor on the deviations of the first weights; 1 without. */
  readonly initialFactor?: number;
}

type Settings = Required<Omit<T5Config, 'contextLength'>>;

/** RMSNorm, which prints without its settings. */
class T5LayerNorm extends RMSNorm {
  override describe(): string {
    return '';
  }
}

/** Attention with maps without biases; that of a stack's first block has the numbers for distances for all of them. */
class T5Attention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  /** A row for each range of distances, a column for each head; only in the first block of a stack. */
  readonly relative_attention_bias: Embedding | undefined;
  /** A function in PyTorch's model. */
  readonly dropout: Dropout;
  readonly #heads: number;
  readonly #maxDistance: number;

  constructor(config: Settings, hasBias: boolean, random: Random) {
    super();
    const { dModel, nHeads, headWidth, distanceBuckets, maxDistance, initialFactor: factor } = config;
    const inner = nHeads * headWidth;
    const map = (inFeatures: number, outFeatures: number, variance: number): Linear =>
      new Linear(inFeatures, outFeatures, random, { bias: false, deviation: factor / Math.sqrt(variance) });
    // Queries are small from the start, as scores are not divided by the root of a head's width.
    this.q = map(dModel, inner, dModel * headWidth);
    this.k = map(dModel, inner, dModel);
    this.v = map(dModel, inner, dModel);
    this.o = map(inner, dModel, inner);
    this.relative_attention_bias = hasBias
      ? new Embedding(distanceBuckets, nHeads, random, { deviation: factor / Math.sqrt(dModel) })
      : undefined;
    this.dropout = new Dropout(config.dropout, random, { inTree: false });
    this.#heads = nHeads;
    this.#maxDistance = maxDistance;
  }

  /** What distances add to the scores of the last `queries` of `keys` tokens with all of them: `[H, queries, keys]`. */
  bias(queries: number, keys: number, bidirectional: boolean): tf.Tensor3D {
    const positions = { bidirectional, maxDistance: this.#maxDistance };
    return relativeBias(this.relative_attention_bias!, queries, keys, positions) as tf.Tensor3D;
  }

  /** Attention of a text to itself, `[B, T, C]` to the same shape. */
  toItself(x: tf.Tensor3D, side: Side, bias: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const of = { heads: this.#heads, scale: 1, bias, dropout: this.dropout.next() };
    const qkv = [this.q.forward(x), this.k.forward(x), this.v.forward(x)] as const;
    return this.o.forward(attend(qkv, { ...of, causal: side === 'decoder', name: `${side}.attn` }, options));
  }

  /** Attention of `x` `[B, T, C]` to an encoded text `[B, S, C]`. */
  toEncoded(x: tf.Tensor3D, encoded: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const source = () => ({ keys: this.k.forward(encoded), values: this.v.forward(encoded) });
    const of = { heads: this.#heads, scale: 1, dropout: this.dropout.next() };
    return this.o.forward(attendTo(this.q.forward(x), source, of, options));
  }
}

type Side = 'encoder' | 'decoder';

/** What a part of a block is given besides its input. */
interface PartOptions extends Partial<DecodeOptions> {
  readonly side: Side;
  readonly layer: number;
  /** What distances add to the scores of self-attention. */
  readonly bias: tf.Tensor3D;
  readonly paddingMask?: tf.Tensor2D;
}

/** A part of a block: `x + dropout(branch(layer_norm(x)))`. */
abstract class T5Layer extends Module {
  abstract readonly layer_norm: T5LayerNorm;
  abstract readonly dropout: Dropout;
  abstract branch(normed: tf.Tensor3D, options: PartOptions): tf.Tensor3D;
}

class T5LayerSelfAttention extends T5Layer {
  readonly SelfAttention: T5Attention;
  readonly layer_norm: T5LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Settings, hasBias: boolean, random: Random) {
    super();
    this.SelfAttention = new T5Attention(config, hasBias, random);
    this.layer_norm = new T5LayerNorm(config.dModel, config.normEpsilon);
    this.dropout = new Dropout(config.dropout, random);
  }

  override branch(normed: tf.Tensor3D, { side, bias, ...options }: PartOptions): tf.Tensor3D {
    return this.SelfAttention.toItself(normed, side, bias, options);
  }
}

class T5LayerCrossAttention extends T5Layer {
  readonly EncDecAttention: T5Attention;
  readonly layer_norm: T5LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Settings, random: Random) {
    super();
    this.EncDecAttention = new T5Attention(config, false, random);
    this.layer_norm = new T5LayerNorm(config.dModel, config.normEpsilon);
    this.dropout = new Dropout(config.dropout, random);
  }

  override branch(normed: tf.Tensor3D, options: PartOptions): tf.Tensor3D {
    const { encoded, encoderMask, cache, capture, layer } = options;
    const across = { cache, capture, layer, paddingMask: encoderMask };
    return this.EncDecAttention.toEncoded(normed, encoded!, across);
  }
}

/** `wo(activation(wi(x)))`. */
class T5DenseActDense extends Module {
  readonly wi: Linear;
  readonly wo: Linear;
  readonly dropout: Dropout;
  readonly act: ActivationModule;

  constructor(config: Settings, random: Random) {
    super();
    const { dModel, dFf, dropout, activation, initialFactor: factor } = config;
    this.wi = new Linear(dModel, dFf, random, { bias: false, deviation: factor / Math.sqrt(dModel) });
    this.wo = new Linear(dFf, dModel, random, { bias: false, deviation: factor / Math.sqrt(dFf) });
    this.dropout = new Dropout(dropout, random);
    this.act = new ACTIVATIONS[activation]();
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return this.wo.forward(this.dropout.forward(this.wi.forward(x, this.act.kind)));
  }
}

/** `wo(activation(wi_0(x)) · wi_1(x))`. */
class T5DenseGatedActDense extends Module {
  readonly wi_0: Linear;
  readonly wi_1: Linear;
  readonly wo: Linear;
  readonly dropout: Dropout;
  readonly act: ActivationModule;

  constructor(config: Settings, random: Random) {
    super();
    const { dModel, dFf, dropout, activation, initialFactor: factor } = config;
    const deviation = factor / Math.sqrt(dModel);
    this.wi_0 = new Linear(dModel, dFf, random, { bias: false, deviation });
    this.wi_1 = new Linear(dModel, dFf, random, { bias: false, deviation });
    this.wo = new Linear(dFf, dModel, random, { bias: false, deviation: factor / Math.sqrt(dFf) });
    this.dropout = new Dropout(dropout, random);
    this.act = new ACTIVATIONS[activation]();
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    const gated = tf.mul<tf.Tensor3D>(this.wi_0.forward(x, this.act.kind), this.wi_1.forward(x));
    return this.wo.forward(this.dropout.forward(gated));
  }
}

class T5LayerFF extends T5Layer {
  readonly DenseReluDense: T5DenseActDense | T5DenseGatedActDense;
  readonly layer_norm: T5LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Settings, random: Random) {
    super();
    const Dense = config.gated ? T5DenseGatedActDense : T5DenseActDense;
    this.DenseReluDense = new Dense(config, random);
    this.layer_norm = new T5LayerNorm(config.dModel, config.normEpsilon);
    this.dropout = new Dropout(config.dropout, random);
  }

  override branch(normed: tf.Tensor3D): tf.Tensor3D {
    return this.DenseReluDense.forward(normed);
  }
}

/** Attention to itself, in the decoder to the encoded text as well, and a feed-forward network. */
class T5Block extends Module {
  readonly layer: readonly T5Layer[];

  constructor(config: Settings, side: Side, hasBias: boolean, random: Random) {
    super();
    this.layer = [
      new T5LayerSelfAttention(config, hasBias, random),
      ...(side === 'decoder' ? [new T5LayerCrossAttention(config, random)] : []),
      new T5LayerFF(config, random),
    ];
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: PartOptions): tf.Tensor3D {
    return tidy(() => {
      let sum = x;
      let normed = this.layer[0].layer_norm.forward(x);
      for (const [place, part] of this.layer.entries()) {
        const added = tidy(() => part.branch(normed, options));
        const next = this.layer.at(place + 1);
        // One part's sum is what the next one norms.
        if (next) [sum, normed] = next.layer_norm.ofSum(sum, added, part.dropout.next());
        else sum = part.dropout.residual(sum, added);
      }
      return sum;
    });
  }
}

/** Token embeddings, blocks and a last norm. */
class T5Stack extends Module {
  readonly embed_tokens: Embedding;
  readonly block: readonly T5Block[];
  readonly final_layer_norm: T5LayerNorm;
  readonly dropout: Dropout;
  readonly #side: Side;

  constructor(config: Settings, side: Side, tokens: Embedding, random: Random) {
    super();
    const length = side === 'encoder' ? config.encoderLayers : config.decoderLayers;
    this.embed_tokens = tokens;
    this.block = Array.from({ length }, (_, layer) => new T5Block(config, side, layer === 0, random));
    this.final_layer_norm = new T5LayerNorm(config.dModel, config.normEpsilon);
    this.dropout = new Dropout(config.dropout, random);
    this.#side = side;
  }

  /** int32 `[B, T]` to `[B, T, C]`. */
  forward(ids: tf.Tensor2D, options: Partial<DecodeOptions> & { paddingMask?: tf.Tensor2D }): tf.Tensor3D {
    const { cache, capture } = options;
    const side = this.#side;
    let x = this.dropout.forward(this.embed_tokens.forward(ids)); // [B, T, C]
    capture?.take(`${side}.hidden.0`, x);
    const { SelfAttention } = this.block[0].layer[0] as T5LayerSelfAttention;
    const queries = ids.shape[1];
    const bias = SelfAttention.bias(queries, (cache?.length ?? 0) + queries, side === 'encoder');
    for (const [layer, block] of this.block.entries()) {
      x = block.forward(x, { ...options, side, layer, bias });
      capture?.take(`${side}.hidden.${layer + 1}`, x);
    }
    x = this.dropout.forward(this.final_layer_norm.forward(x));
    capture?.take(`${side}.hidden.final`, x);
    return x;
  }
}

/** Encoder, decoder, and the scores of tokens. */
export class T5ForConditionalGeneration extends EncoderDecoderModel {
  readonly config: Settings;
  readonly shared: Embedding;
  readonly encoder: T5Stack;
  readonly decoder: T5Stack;
  /** Shares its weight with both sides' embeddings unless `tied` is false. */
  readonly lm_head: Linear;

  /** @throws RangeError or TypeError naming the setting that is unknown, missing or out of range */
  constructor(settings: Omit<T5Config, 'type'>, random: Random) {
    super();
    this.config = checked(settings);
    const { vocabSize, dModel, tied, initialFactor: deviation } = this.config;
    this.shared = new Embedding(vocabSize, dModel, random, { deviation });
    this.encoder = new T5Stack(this.config, 'encoder', this.shared, random);
    this.decoder = new T5Stack(this.config, 'decoder', this.shared, random);
    const weight = tied ? this.shared.weight : undefined;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight, deviation });
  }

  /** There is no limit: positions are distances. */
  override get contextLength(): number {
    return Infinity;
  }

  protected override encoderHidden(ids: tf.Tensor2D, options: EncodeOptions): tf.Tensor3D {
    return this.encoder.forward(ids, options);
  }

  protected override decoderHidden(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D {
    const x = this.decoder.forward(ids, options);
    return this.config.tied ? tf.mul(x, 1 / Math.sqrt(this.config.dModel)) : x;
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

function checked(settings: Omit<T5Config, 'type'>): Settings {
  const optional = {
    dFf: 4 * settings.dModel,
    distanceBuckets: 32,
    maxDistance: 128,
    activation: 'relu' as ActivationName,
    gated: false,
    normEpsilon: 1e-6,
    dropout: 0,
    tied: true,
    initialFactor: 1,
  };
  const tokens = ['startId', 'padId', 'eosId'] as const;
  const sizes = checkConfig(
    't5',
    settings,
    ['vocabSize', 'dModel', 'encoderLayers', 'decoderLayers', 'headWidth'],
    [...Object.keys(optional), ...tokens, 'nHeads'], // heads need not divide the width
  );
  const config: Settings = Object.freeze({ ...optional, ...settings, ...sizes });
  for (const name of ['nHeads', 'dFf', 'distanceBuckets', 'maxDistance'] as const) {
    checkSize(`t5: ${name}`, config[name]);
  }
  checkChoice('t5: activation', config.activation, activationNames);
  checkShare('t5: dropout', config.dropout);
  for (const name of tokens) checkId(`t5: ${name}`, config[name] ?? NaN, config.vocabSize);
  return config;
}
