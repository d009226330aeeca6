// Recurrent models of the training workloads: embedding, RNN or GRU, output projection.
import type { tf } from '@lilformer/engine';
import { Embedding, GRU, Linear, RNN } from '@lilformer/layers';
import { LanguageModel } from '@lilformer/models';
import type { Random } from '@lilformer/random';
import type { RecurrentWorkload } from '../workloads.js';

export class BenchRecurrent extends LanguageModel {
  readonly config: { readonly type: string; readonly vocabSize: number };
  readonly tok: Embedding;
  readonly rnn: RNN | GRU;
  readonly head: Linear;

  constructor({ kind, vocab, d, hidden, layers }: RecurrentWorkload, random: Random) {
    super();
    this.config = { type: `bench-${kind}`, vocabSize: vocab };
    this.tok = new Embedding(vocab, d, random);
    const Layer = kind === 'gru' ? GRU : RNN;
    this.rnn = new Layer(d, hidden, random, { numLayers: layers });
    this.head = new Linear(hidden, vocab, random);
  }

  protected override hidden(ids: tf.Tensor2D): tf.Tensor3D {
    return this.rnn.forward(this.tok.forward(ids)).output;
  }

  protected override get output(): Linear {
    return this.head;
  }
}
