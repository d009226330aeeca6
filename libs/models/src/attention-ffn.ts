// Attention gathers, then a feed-forward network thinks about what each token has gathered. Still a
// plain pipe: the network's output replaces the attention's, which replaced the embedding.
import type { tf } from '@lilformer/engine';
import {
  CausalSelfAttention,
  embedAtPositions,
  Embedding,
  FeedForward,
  Linear,
  type ForwardOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of an {@link AttentionFFNLM}. */
export interface AttentionFFNConfig {
  readonly type: 'attention-ffn';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Inner width of the feed-forward network. */
  readonly dFf: number;
  /** Longest text. */
  readonly contextLength: number;
}

/** `unembed(ffn(attention(token_embedding(tokens) + position_embedding(places))))`, with one head. */
export class AttentionFFNLM extends LanguageModel {
  readonly config: AttentionFFNConfig;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly attention: CausalSelfAttention;
  readonly ffn: FeedForward;
  readonly unembed: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<AttentionFFNConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('attention-ffn', settings, ['vocabSize', 'dModel', 'dFf', 'contextLength']);
    const { vocabSize, dModel, dFf, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.attention = new CausalSelfAttention(dModel, 1, contextLength, random);
    this.ffn = new FeedForward(dModel, dFf, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const places = this.position_embedding.weight.variable;
    let x = embedAtPositions(ids, this.token_embedding, places, options); // [B, T, C]
    capture?.take('hidden.0', x);
    x = this.attention.forward(x, options);
    capture?.take('hidden.1', x);
    x = this.ffn.forward(x);
    capture?.take('hidden.2', x);
    return x;
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}
