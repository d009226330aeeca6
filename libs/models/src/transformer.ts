// The transformer block: attention and feed-forward no longer replace a token's vector but add to it,
// and each looks at a normalised copy ("pre-norm"). With that, depth begins to pay.
import { tidy, type tf } from '@lilformer/engine';
import {
  CausalSelfAttention,
  embedAtPositions,
  Embedding,
  FeedForward,
  LayerNorm,
  Linear,
  Module,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { residual } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** `x + attention(ln1(x))`, then `x + ffn(ln2(x))`. */
export class TransformerBlock extends Module {
  readonly ln1: LayerNorm;
  readonly ln2: LayerNorm;
  readonly attention: CausalSelfAttention;
  readonly ffn: FeedForward;

  constructor(dModel: number, nHeads: number, dFf: number, contextLength: number, random: Random) {
    super();
    this.ln1 = new LayerNorm(dModel);
    this.ln2 = new LayerNorm(dModel);
    this.attention = new CausalSelfAttention(dModel, nHeads, contextLength, random);
    this.ffn = new FeedForward(dModel, dFf, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => this.attention.forward(this.ln1.forward(x), options));
      const [sum, normed] = this.ln2.ofSum(x, attended);
      return residual(
        sum,
        tidy(() => this.ffn.forward(normed)),
      );
    });
  }
}

/** Settings of a {@link TransformerLM}. */
export interface TransformerConfig {
  readonly type: 'transformer';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Inner width of the feed-forward network. */
  readonly dFf: number;
  /** Longest text. */
  readonly contextLength: number;
}

/** One transformer block with one head, between embeddings and a last norm. */
export class TransformerLM extends LanguageModel {
  readonly config: TransformerConfig;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly block: TransformerBlock;
  readonly ln_final: LayerNorm;
  readonly unembed: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<TransformerConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('transformer', settings, ['vocabSize', 'dModel', 'dFf', 'contextLength']);
    const { vocabSize, dModel, dFf, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.block = new TransformerBlock(dModel, 1, dFf, contextLength, random);
    this.ln_final = new LayerNorm(dModel);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const places = this.position_embedding.weight.variable;
    let x = embedAtPositions(ids, this.token_embedding, places, options); // [B, T, C]
    capture?.take('hidden.0', x);
    x = this.block.forward(x, options);
    capture?.take('hidden.1', x);
    x = this.ln_final.forward(x);
    capture?.take('hidden.final', x);
    return x;
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}
