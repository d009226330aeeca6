// Attention that knows the order of the tokens: to each token's vector comes a learned vector of its
// place in the text.
import type { tf } from '@lilformer/engine';
import {
  CausalSelfAttention,
  embedAtPositions,
  Embedding,
  Linear,
  type ForwardOptions,
} from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of a {@link PositionalAttentionLM}. */
export interface PositionalAttentionConfig {
  readonly type: 'positional-attention';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Longest text. */
  readonly contextLength: number;
}

/** `unembed(attention(token_embedding(tokens) + position_embedding(places)))`, with one head. */
export class PositionalAttentionLM extends LanguageModel {
  readonly config: PositionalAttentionConfig;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly attention: CausalSelfAttention;
  readonly unembed: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<PositionalAttentionConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('positional-attention', settings, ['vocabSize', 'dModel', 'contextLength']);
    const { vocabSize, dModel, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.attention = new CausalSelfAttention(dModel, 1, contextLength, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const places = this.position_embedding.weight.variable;
    let x = embedAtPositions(ids, this.token_embedding, places, options); // [B, T, C]
    capture?.take('hidden.0', x);
    x = this.attention.forward(x, options);
    capture?.take('hidden.1', x);
    return x;
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}
