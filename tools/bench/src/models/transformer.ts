// Pre-norm transformer of the training workloads; training_peer.py has the same model in PyTorch.
import { tf } from '@lilformer/engine';
import {
  Dropout,
  Embedding,
  embedWithPositions,
  type ForwardOptions,
  LayerNorm,
  Linear,
  Module,
  PackedSelfAttention,
  residual,
  RMSNorm,
} from '@lilformer/layers';
import { LanguageModel } from '@lilformer/models';
import { dispatchToExperts, type Activation } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { TransformerWorkload } from '../workloads.js';

class Mlp extends Module {
  readonly up: Linear;
  readonly down: Linear;
  readonly #activation: Activation;

  constructor({ d, ff, act }: TransformerWorkload, random: Random) {
    super();
    this.up = new Linear(d, ff, random);
    this.down = new Linear(ff, d, random);
    this.#activation = act;
  }

  /** `[..., C]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return this.down.forward(this.up.forward(x, this.#activation));
  }
}

/** Top-1 experts without router gradient. */
class TopOneExperts extends Module {
  readonly router: Linear;
  readonly experts: readonly Mlp[];

  constructor(w: TransformerWorkload, random: Random) {
    super();
    this.router = new Linear(w.d, w.experts!, random);
    this.experts = Array.from({ length: w.experts! }, () => new Mlp(w, random));
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    const [batch, tokens, width] = x.shape;
    const rows = tf.reshape(x, [batch * tokens, width]);
    const route = tf.argMax(this.router.forward(rows), -1);
    const mixed = dispatchToExperts(
      rows,
      route,
      this.experts.map((expert) => (own) => expert.forward(own)),
    );
    return tf.reshape(mixed, [batch, tokens, width]);
  }
}

class Block extends Module {
  readonly n1: LayerNorm | RMSNorm;
  readonly attn: PackedSelfAttention;
  readonly n2: LayerNorm | RMSNorm;
  readonly mlp: Mlp | TopOneExperts;
  readonly drop: Dropout;

  constructor(w: TransformerWorkload, random: Random) {
    super();
    this.n1 = norm(w);
    this.n2 = norm(w);
    this.attn = new PackedSelfAttention(w.d, w.heads, random, { dropout: w.dropout });
    this.mlp = (w.experts ?? 1) > 1 ? new TopOneExperts(w, random) : new Mlp(w, random);
    this.drop = new Dropout(w.dropout, random);
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D): tf.Tensor3D {
    return tf.tidy(() => {
      const [h, normed] = this.n2.addNorm(x, () => this.attn.forward(this.n1.forward(x)), this.drop);
      return residual(h, () => this.mlp.forward(normed), this.drop);
    });
  }
}

export class BenchTransformer extends LanguageModel {
  readonly config: { readonly type: string; readonly vocabSize: number; readonly contextLength: number };
  readonly tok: Embedding;
  readonly pos: Embedding;
  readonly blocks: readonly Block[];
  readonly norm: LayerNorm | RMSNorm;
  readonly head: Linear;

  constructor(w: TransformerWorkload, random: Random) {
    super();
    this.config = { type: 'bench-transformer', vocabSize: w.vocab, contextLength: w.seq };
    this.tok = new Embedding(w.vocab, w.d, random);
    this.pos = new Embedding(w.seq, w.d, random);
    this.blocks = Array.from({ length: w.layers }, () => new Block(w, random));
    this.norm = norm(w);
    this.head = new Linear(w.d, w.vocab, random, { bias: false });
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    let x = embedWithPositions(ids, this.tok, this.pos, options); // [B, T, C]
    for (const block of this.blocks) x = block.forward(x);
    return this.norm.forward(x);
  }

  protected override get output(): Linear {
    return this.head;
  }
}

function norm({ norm, d }: TransformerWorkload): LayerNorm | RMSNorm {
  return norm === 'rms' ? new RMSNorm(d, { eps: 1e-8 }) : new LayerNorm(d);
}
