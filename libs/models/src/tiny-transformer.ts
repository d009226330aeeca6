// A small transformer with later habits: RMSNorm, one fused map for queries, keys and values, GELU, fixed
// sinusoids for positions, no bias in attention and output.
import { tf, tidy } from '@lilformer/engine';
import {
  ConstantBuffer,
  embedAtPositions,
  Embedding,
  GELU,
  Linear,
  Module,
  PackedSelfAttention,
  RMSNorm,
  Sequential,
  sinusoids,
  visibleMask,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { residual } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { checkChoice, checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of a {@link TinyTransformerLM}. */
export interface TinyTransformerConfig {
  readonly type: 'tiny-transformer';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Attention heads of each block; they share `dModel` evenly. */
  readonly nHeads: number;
  /** Inner width of the feed-forward networks. */
  readonly dFf: number;
  /** Number of blocks. */
  readonly nLayers: number;
  /** Longest text. */
  readonly contextLength: number;
  /**
   * How tokens learn where they are: fixed `'sinusoids'` (the default) are added to them, or `'none'`, for comparison:
   * then nothing but the causal mask tells one order from another.
   */
  readonly positions?: 'sinusoids' | 'none';
}

/** `x + attn(norm1(x))`, then `x + ff(norm2(x))`. */
export class TinyTransformerBlock extends Module {
  readonly attn: PackedSelfAttention;
  readonly norm1: RMSNorm;
  readonly norm2: RMSNorm;
  readonly ff: Sequential;
  readonly causal_mask: ConstantBuffer;

  constructor({ dModel, nHeads, dFf, contextLength }: TinyTransformerConfig, random: Random) {
    super();
    this.attn = new PackedSelfAttention(dModel, nHeads, random);
    this.norm1 = new RMSNorm(dModel);
    this.norm2 = new RMSNorm(dModel);
    this.ff = new Sequential(new Linear(dModel, dFf, random), new GELU(), new Linear(dFf, dModel, random));
    this.causal_mask = visibleMask(contextLength);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => this.attn.forward(this.norm1.forward(x), options));
      const [sum, normed] = this.norm2.ofSum(x, attended);
      return residual(
        sum,
        tidy(() => this.ff.forward(normed)),
      );
    });
  }
}

/** `nLayers` blocks between token embeddings plus sinusoids and a last norm. */
export class TinyTransformerLM extends LanguageModel {
  readonly config: Required<TinyTransformerConfig>;
  readonly token_embedding: Embedding;
  /** Null where tokens do not learn where they are. */
  readonly pos_encoding: ConstantBuffer | null;
  readonly layers: readonly TinyTransformerBlock[];
  readonly norm: RMSNorm;
  readonly head: Linear;

  /**
   * @throws RangeError naming the setting that is not a whole number of at least 1, heads that do not divide the width,
   *   or positions that there are not
   */
  constructor(settings: Omit<TinyTransformerConfig, 'type'>, random: Random) {
    super();
    const names = ['vocabSize', 'dModel', 'nHeads', 'dFf', 'nLayers', 'contextLength'] as const;
    const { positions = 'sinusoids' } = settings;
    const sizes = checkConfig('tiny-transformer', settings, names, ['positions']);
    this.config = Object.freeze({
      ...sizes,
      positions: checkChoice('tiny-transformer: positions', positions, ['sinusoids', 'none']),
    });
    const { vocabSize, dModel, nLayers, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.pos_encoding =
      this.config.positions === 'none'
        ? null
        : new ConstantBuffer('F32', [1, contextLength, dModel], () => sinusoids(contextLength, dModel));
    this.pos_encoding?.tensor(); // made now, so that the first forward leaves nothing behind that others do not
    this.layers = Array.from({ length: nLayers }, () => new TinyTransformerBlock(this.config, random));
    this.norm = new RMSNorm(dModel);
    this.head = new Linear(dModel, vocabSize, random, { bias: false });
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const table = this.pos_encoding && tf.squeeze(this.pos_encoding.tensor(), [0]); // [context, C]
    let x = table
      ? embedAtPositions(ids, this.token_embedding, table, options)
      : this.token_embedding.forward(ids); // [B, T, C]
    capture?.take('hidden.0', x);
    for (const [layer, block] of this.layers.entries()) {
      x = block.forward(x, { ...options, layer });
      capture?.take(`hidden.${layer + 1}`, x);
    }
    x = this.norm.forward(x);
    capture?.take('hidden.final', x);
    return x;
  }

  protected override get output(): Linear {
    return this.head;
  }
}
