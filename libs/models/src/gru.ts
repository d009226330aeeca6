// A recurrent model whose state is not overwritten but gated: at each token, and for each of its numbers, it decides
// how much to keep (Cho et al., 2014). That lets it remember longer than a simple RNN, and learn to.
import type { tf } from '@lilformer/engine';
import { Embedding, GRUCell, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { RecurrentLM } from './recurrent.js';

/** Settings of a {@link GRULM}. */
export interface GRUConfig {
  readonly type: 'gru';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly embedSize: number;
  /** Numbers in the state. */
  readonly hiddenSize: number;
}

/** `h_t = gru_cell(embedding(token_t), h_(t-1))`, scores `fc(h_t)`. */
export class GRULM extends RecurrentLM {
  readonly config: GRUConfig;
  readonly embedding: Embedding;
  readonly gru_cell: GRUCell;
  readonly fc: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<GRUConfig, 'type'>, random: Random) {
    super();
    this.config = checkConfig('gru', settings, ['vocabSize', 'embedSize', 'hiddenSize']);
    const { vocabSize, embedSize, hiddenSize } = this.config;
    this.embedding = new Embedding(vocabSize, embedSize, random);
    this.gru_cell = new GRUCell(embedSize, hiddenSize, random);
    this.fc = new Linear(hiddenSize, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    let x = this.embedding.forward(ids); // [B, T, E]
    capture?.take('hidden.0', x);
    x = this.gru_cell.unroll(x, options); // [B, T, H]
    capture?.take('hidden.1', x);
    return x;
  }

  protected override get output(): Linear {
    return this.fc;
  }
}
