// T5 (Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", arXiv:1910.10683): an
// encoder-decoder with relative position biases, RMSNorm before each branch, no other biases, and unscaled attention scores.
// With gated feed-forward networks and an untied output projection it is T5 1.1 (arXiv:2002.05202), as FLAN-T5 is.
import { tf } from '@lilformer/engine';
import {
  applyLayers,
  attend,
  attendTo,
  Dropout,
  Embedding,
  Linear,
  Module,
  residual,
  RMSNorm,
  type LayerOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { ACTIVATIONS, type ActivationModule, type ActivationName } from './core/activations.js';
import {
  choice,
  defineConfig,
  flag,
  optionalFlag,
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
import { relativeBias } from './core/relative-positions.js';

const config = defineConfig(
  't5',
  {
    vocabSize: size('vocabulary size, of both sides'),
    dModel: size('hidden size; 512 in T5 small, then 768 and 1024').default(512),
    dKv: size('dimension of an attention head').default(64),
    dFf: size('hidden size of the feed-forward networks').default(2048),
    numLayers: size('blocks of the encoder; 6 in T5 small, then 12 and 24', { most: 1024 }).default(6),
    numDecoderLayers: size('blocks of the decoder; numLayers unless given', { most: 1024 }).optional(),
    numHeads: size('attention heads per block; 8, then 12 and 16', { most: 1024 }).default(8),
    relativeAttentionNumBuckets: size('buckets of relative positions').default(32),
    relativeAttentionMaxDistance: size('distances from here on share one bucket').default(128),
    dropoutRate: probability('dropout of embeddings, attention weights and branches', 0.1),
    layerNormEpsilon: positive('added to the mean square in norms', 1e-6),
    initializerFactor: positive('factor on the standard deviations of the initial weights', 1),
    feedForwardProj: choice(
      'activation of the feed-forward networks; `gated-` multiplies it by a second projection',
      [
        'relu',
        'gelu',
        'gelu_new',
        'gelu_pytorch_tanh',
        'gated-relu',
        'gated-gelu', // the tanh approximation, as in transformers
        'gated-gelu_new',
        'gated-gelu_pytorch_tanh',
      ],
    ),
    tieWordEmbeddings: flag('share the token embedding with the output projection', true),
    scaleDecoderOutputs: optionalFlag(
      'divide the input of the output projection by the square root of dModel; tieWordEmbeddings unless given',
    ),
    padTokenId: requiredTokenId('token that pads shorter sequences of a batch', 0),
    eosTokenId: requiredTokenId('token that ends a sequence', 1),
    decoderStartTokenId: tokenId("the decoder's first input token; padTokenId unless given"),
  },
  {
    derive: ({ numLayers, numDecoderLayers, tieWordEmbeddings, scaleDecoderOutputs, ...others }) => ({
      numDecoderLayers: numDecoderLayers ?? numLayers,
      scaleDecoderOutputs: scaleDecoderOutputs ?? tieWordEmbeddings,
      decoderStartTokenId: others.decoderStartTokenId ?? others.padTokenId,
    }),
  },
);
type Config = ConfigOf<typeof config>;

/** The activation of `feedForwardProj`, and whether it is gated. */
function feedForward({ feedForwardProj }: Config): { activation: ActivationName; gated: boolean } {
  const gated = feedForwardProj.startsWith('gated-');
  const name = gated ? feedForwardProj.slice('gated-'.length) : feedForwardProj;
  return { gated, activation: gated && name === 'gelu' ? 'gelu_new' : (name as ActivationName) };
}

/** RMSNorm, printed without its options. */
class T5LayerNorm extends RMSNorm {
  override describe(): string {
    return '';
  }
}

/** Attention without biases; the first block of a stack holds the relative position biases of all its blocks. */
class T5Attention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  /** `[buckets, H]`; only in the first block of a stack. */
  readonly relative_attention_bias: Embedding | undefined;
  /** Not a module in PyTorch's model, so not in the printed tree. */
  readonly dropout: Dropout;
  readonly #nHeads: number;
  readonly #maxDistance: number;

  constructor(config: Config, hasBias: boolean, random: Random) {
    super();
    const { dModel, numHeads, dKv, relativeAttentionNumBuckets, initializerFactor: factor } = config;
    const inner = numHeads * dKv;
    const linear = (inFeatures: number, outFeatures: number, variance: number): Linear =>
      new Linear(inFeatures, outFeatures, random, { bias: false, std: factor / Math.sqrt(variance) });
    // Queries start small, because attention scores are not divided by the square root of the head dimension.
    this.q = linear(dModel, inner, dModel * dKv);
    this.k = linear(dModel, inner, dModel);
    this.v = linear(dModel, inner, dModel);
    this.o = linear(inner, dModel, inner);
    this.relative_attention_bias = hasBias
      ? new Embedding(relativeAttentionNumBuckets, numHeads, random, { std: factor / Math.sqrt(dModel) })
      : undefined;
    this.dropout = new Dropout(config.dropoutRate, random, { inTree: false });
    this.#nHeads = numHeads;
    this.#maxDistance = config.relativeAttentionMaxDistance;
  }

  /** Relative position biases of the last `queries` of `keys` tokens: `[H, queries, keys]`. */
  bias(queries: number, keys: number, bidirectional: boolean): tf.Tensor3D {
    const positions = { bidirectional, maxDistance: this.#maxDistance };
    return relativeBias(this.relative_attention_bias!, queries, keys, positions) as tf.Tensor3D;
  }

  /** Self-attention, `[B, T, C]` to the same shape. */
  selfAttention(x: tf.Tensor3D, side: Side, bias: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const settings = { nHeads: this.#nHeads, scale: 1, bias, dropout: this.dropout.next() };
    const qkv = [this.q.forward(x), this.k.forward(x), this.v.forward(x)] as const;
    return this.o.forward(
      attend(qkv, { ...settings, causal: side === 'decoder', name: `${side}.attn` }, options),
    );
  }

  /** Cross-attention of x `[B, T, C]` to the encoder's output `[B, S, C]`. */
  crossAttention(x: tf.Tensor3D, encoded: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const source = () => ({ keys: this.k.forward(encoded), values: this.v.forward(encoded) });
    const settings = { nHeads: this.#nHeads, scale: 1, dropout: this.dropout.next() };
    return this.o.forward(attendTo(this.q.forward(x), source, settings, options));
  }
}

type Side = 'encoder' | 'decoder';

/** Options of a branch of a block. */
interface BranchOptions extends Partial<DecodeOptions> {
  readonly side: Side;
  readonly layer?: number;
  /** Relative position biases of self-attention. */
  readonly bias: tf.Tensor3D;
  readonly paddingMask?: tf.Tensor2D;
}

/** A residual branch of a block: `x + dropout(branch(layer_norm(x)))`. */
abstract class T5Layer extends Module {
  abstract readonly layer_norm: T5LayerNorm;
  abstract readonly dropout: Dropout;
  abstract branch(normed: tf.Tensor3D, options: BranchOptions): tf.Tensor3D;
}

class T5LayerSelfAttention extends T5Layer {
  readonly SelfAttention: T5Attention;
  readonly layer_norm: T5LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Config, hasBias: boolean, random: Random) {
    super();
    this.SelfAttention = new T5Attention(config, hasBias, random);
    this.layer_norm = new T5LayerNorm(config.dModel, { eps: config.layerNormEpsilon });
    this.dropout = new Dropout(config.dropoutRate, random);
  }

  override branch(normed: tf.Tensor3D, { side, bias, ...options }: BranchOptions): tf.Tensor3D {
    return this.SelfAttention.selfAttention(normed, side, bias, options);
  }
}

class T5LayerCrossAttention extends T5Layer {
  readonly EncDecAttention: T5Attention;
  readonly layer_norm: T5LayerNorm;
  readonly dropout: Dropout;

  constructor(config: Config, random: Random) {
    super();
    this.EncDecAttention = new T5Attention(config, false, random);
    this.layer_norm = new T5LayerNorm(config.dModel, { eps: config.layerNormEpsilon });
    this.dropout = new Dropout(config.dropoutRate, random);
  }

  override branch(normed: tf.Tensor3D, options: BranchOptions): tf.Tensor3D {
    const { encoded, encoderMask, cache, capture, layer } = options;
    const across = { cache, capture, layer, paddingMask: encoderMask };
    return this.EncDecAttention.crossAttention(normed, encoded!, across);
  }
}

/** `wo(activation(wi(x)))`. */
class T5DenseActDense extends Module {
  readonly wi: Linear;
  readonly wo: Linear;
  readonly dropout: Dropout;
  readonly act: ActivationModule;

  constructor(config: Config, random: Random) {
    super();
    const { dModel, dFf, dropoutRate, initializerFactor: factor } = config;
    this.wi = new Linear(dModel, dFf, random, { bias: false, std: factor / Math.sqrt(dModel) });
    this.wo = new Linear(dFf, dModel, random, { bias: false, std: factor / Math.sqrt(dFf) });
    this.dropout = new Dropout(dropoutRate, random);
    this.act = new ACTIVATIONS[feedForward(config).activation]();
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

  constructor(config: Config, random: Random) {
    super();
    const { dModel, dFf, dropoutRate, initializerFactor: factor } = config;
    const std = factor / Math.sqrt(dModel);
    this.wi_0 = new Linear(dModel, dFf, random, { bias: false, std });
    this.wi_1 = new Linear(dModel, dFf, random, { bias: false, std });
    this.wo = new Linear(dFf, dModel, random, { bias: false, std: factor / Math.sqrt(dFf) });
    this.dropout = new Dropout(dropoutRate, random);
    this.act = new ACTIVATIONS[feedForward(config).activation]();
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

  constructor(config: Config, random: Random) {
    super();
    const Dense = feedForward(config).gated ? T5DenseGatedActDense : T5DenseActDense;
    this.DenseReluDense = new Dense(config, random);
    this.layer_norm = new T5LayerNorm(config.dModel, { eps: config.layerNormEpsilon });
    this.dropout = new Dropout(config.dropoutRate, random);
  }

  override branch(normed: tf.Tensor3D): tf.Tensor3D {
    return this.DenseReluDense.forward(normed);
  }
}

/** Self-attention, in the decoder also cross-attention, and a feed-forward network. */
class T5Block extends Module {
  readonly layer: readonly T5Layer[];

  constructor(config: Config, side: Side, hasBias: boolean, random: Random) {
    super();
    this.layer = [
      new T5LayerSelfAttention(config, hasBias, random),
      ...(side === 'decoder' ? [new T5LayerCrossAttention(config, random)] : []),
      new T5LayerFF(config, random),
    ];
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: BranchOptions): tf.Tensor3D {
    let h = x;
    let normed = this.layer[0].layer_norm.forward(x);
    for (const [index, { branch, dropout }] of this.layer.entries()) {
      const input = normed;
      const output = () => branch.call(this.layer[index], input, options);
      const next = this.layer.at(index + 1);
      if (next) [h, normed] = next.layer_norm.addNorm(h, output, dropout);
      else h = residual(h, output, dropout);
    }
    return h;
  }
}

/** Token embedding, blocks and a final norm. */
class T5Stack extends Module {
  readonly embed_tokens: Embedding;
  readonly block: readonly T5Block[];
  readonly final_layer_norm: T5LayerNorm;
  readonly dropout: Dropout;
  readonly #side: Side;

  constructor(config: Config, side: Side, tokens: Embedding, random: Random) {
    super();
    const length = side === 'encoder' ? config.numLayers : config.numDecoderLayers;
    this.embed_tokens = tokens;
    this.block = Array.from({ length }, (_, layer) => new T5Block(config, side, layer === 0, random));
    this.final_layer_norm = new T5LayerNorm(config.dModel, { eps: config.layerNormEpsilon });
    this.dropout = new Dropout(config.dropoutRate, random);
    this.#side = side;
  }

  /** int32 `[B, T]` to `[B, T, C]`. */
  forward(ids: tf.Tensor2D, options: Partial<DecodeOptions> & { paddingMask?: tf.Tensor2D }): tf.Tensor3D {
    const side = this.#side;
    const x = this.dropout.forward(this.embed_tokens.forward(ids)); // [B, T, C]
    const { SelfAttention } = this.block[0].layer[0] as T5LayerSelfAttention;
    const queries = ids.shape[1];
    const bias = SelfAttention.bias(queries, (options.cache?.length ?? 0) + queries, side === 'encoder');
    const finalNorm = { forward: (y: tf.Tensor3D) => this.dropout.forward(this.final_layer_norm.forward(y)) };
    return applyLayers(x, this.block, { ...options, side, bias }, finalNorm, `${side}.`);
  }
}

/** Encoder, decoder and output projection. */
export class T5ForConditionalGeneration extends EncoderDecoderModel {
  readonly config: Config;
  readonly shared: Embedding;
  readonly encoder: T5Stack;
  readonly decoder: T5Stack;
  /** Shares its weight with the embeddings of both sides unless `tieWordEmbeddings` is false. */
  readonly lm_head: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, tieWordEmbeddings, initializerFactor: std } = this.config;
    this.shared = new Embedding(vocabSize, dModel, random, { std });
    this.encoder = new T5Stack(this.config, 'encoder', this.shared, random);
    this.decoder = new T5Stack(this.config, 'decoder', this.shared, random);
    const weight = tieWordEmbeddings ? this.shared.weight : undefined;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight, std });
  }

  protected override encoderHidden(ids: tf.Tensor2D, options: EncodeOptions): tf.Tensor3D {
    return this.encoder.forward(ids, options);
  }

  protected override decoderHidden(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D {
    const x = this.decoder.forward(ids, options);
    return this.config.scaleDecoderOutputs ? tf.mul(x, 1 / Math.sqrt(this.config.dModel)) : x;
  }

  protected override get output(): Linear {
    return this.lm_head;
  }
}

export const t5 = defineModel({
  config,
  summary: 'T5, an encoder-decoder with relative positions',
  causal: false,
  create: (options: OptionsOf<typeof config>, random) => new T5ForConditionalGeneration(options, random),
  huggingFace: {
    modelType: 't5',
    architecture: 'T5ForConditionalGeneration',
    compatible: ['T5Model', 'T5WithLMHeadModel'],
    constants: { is_encoder_decoder: true },
    // transformers 5 writes an untied model as tied and unscaled; its file has the output projection.
    adjust: (options, weights) => {
      if (options.scaleDecoderOutputs === false && weights.has('lm_head.weight'))
        options.tieWordEmbeddings = false;
    },
    // Early files have relative positions for cross-attention, which nothing reads.
    weightName: (name) =>
      name.endsWith('.EncDecAttention.relative_attention_bias.weight') ? undefined : name,
  },
});
