// The simplest language model: what comes next depends on the present token alone. An embedding and a
// linear map are a factored table of "after this comes that"; no token ever sees another.
import type { tf } from '@lilformer/engine';
import { Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of a {@link BigramLM}. */
export interface BigramConfig {
  readonly type: 'bigram';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
}

/** `unembed(embedding(token))`, for texts of any length. */
export class BigramLM extends LanguageModel {
  readonly config: BigramConfig;
  readonly embedding: Embedding;
  readonly unembed: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<BigramConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('bigram', settings, ['vocabSize', 'dModel']);
    const { vocabSize, dModel } = this.config;
    this.embedding = new Embedding(vocabSize, dModel, random);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, { capture }: ForwardOptions): tf.Tensor3D {
    const x = this.embedding.forward(ids); // [B, T, C]
    capture?.take('hidden.0', x);
    return x;
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}
