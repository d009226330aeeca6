// Bigram model of the training workloads: embedding and output projection.
import type { tf } from '@lilformer/engine';
import { Embedding, Linear } from '@lilformer/layers';
import { LanguageModel } from '@lilformer/models';
import type { Random } from '@lilformer/random';
import type { BigramWorkload } from '../workloads.js';

export class BenchBigram extends LanguageModel {
  readonly config: { readonly type: string; readonly vocabSize: number };
  readonly tok: Embedding;
  readonly head: Linear;

  constructor({ vocab, d }: BigramWorkload, random: Random) {
    super();
    this.config = { type: 'bench-bigram', vocabSize: vocab };
    this.tok = new Embedding(vocab, d, random);
    this.head = new Linear(d, vocab, random);
  }

  protected override hidden(ids: tf.Tensor2D): tf.Tensor3D {
    return this.tok.forward(ids);
  }

  protected override get output(): Linear {
    return this.head;
  }
}
