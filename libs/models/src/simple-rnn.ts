// The oldest of neural language models that see more than a token (Elman, 1990; Mikolov et al., 2010): one token at a
// time, and a state that sums up all before. Nothing limits how far back it can look but what the state still holds.
import type { tf } from '@lilformer/engine';
import { Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { elmanLayer, RecurrentLM } from './recurrent.js';

/** Settings of a {@link SimpleRNN}. */
export interface SimpleRNNConfig {
  readonly type: 'simple-rnn';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly embedSize: number;
  /** Numbers in the state. */
  readonly hiddenSize: number;
}

/** `h_t = tanh(W_ih(embedding(token_t)) + W_hh(h_(t-1)))`, scores `fc(h_t)`. */
export class SimpleRNN extends RecurrentLM {
  readonly config: SimpleRNNConfig;
  readonly embedding: Embedding;
  readonly W_ih: Linear;
  readonly W_hh: Linear;
  readonly fc: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<SimpleRNNConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('simple-rnn', settings, ['vocabSize', 'embedSize', 'hiddenSize']);
    const { vocabSize, embedSize, hiddenSize } = this.config;
    this.embedding = new Embedding(vocabSize, embedSize, random);
    this.W_ih = new Linear(embedSize, hiddenSize, random);
    this.W_hh = new Linear(hiddenSize, hiddenSize, random);
    this.fc = new Linear(hiddenSize, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    let x = this.embedding.forward(ids); // [B, T, E]
    capture?.take('hidden.0', x);
    x = elmanLayer(x, this.W_ih, this.W_hh, options); // [B, T, H]
    capture?.take('hidden.1', x);
    return x;
  }

  protected override get output(): Linear {
    return this.fc;
  }
}
