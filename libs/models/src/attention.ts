// The bigram's successor: before it predicts, each token gathers what it finds useful among the tokens
// so far. Attention alone has no sense of order, and nothing carries the token itself past it.
import type { tf } from '@lilformer/engine';
import { CausalSelfAttention, Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of an {@link AttentionLM}. */
export interface AttentionConfig {
  readonly type: 'attention';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Longest text. */
  readonly contextLength: number;
}

/** `unembed(attention(embedding(tokens)))`, with one head. */
export class AttentionLM extends LanguageModel {
  readonly config: AttentionConfig;
  readonly embedding: Embedding;
  readonly attention: CausalSelfAttention;
  readonly unembed: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<AttentionConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('attention', settings, ['vocabSize', 'dModel', 'contextLength']);
    const { vocabSize, dModel, contextLength } = this.config;
    this.embedding = new Embedding(vocabSize, dModel, random);
    this.attention = new CausalSelfAttention(dModel, 1, contextLength, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    let x = this.embedding.forward(ids); // [B, T, C]
    capture?.take('hidden.0', x);
    x = this.attention.forward(x, options);
    capture?.take('hidden.1', x);
    return x;
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}
