// A model with known logits: the last token chooses a row of a table. It records the shapes of its inputs.
import type { tf } from '@lilformer/engine';
import { Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import { LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';

export class TableLM extends LanguageModel {
  readonly config: { readonly type: string; readonly vocabSize: number };
  readonly embedding: Embedding;
  readonly unembed: Linear;
  /** Input shape `[B, T]` of each forward so far. */
  readonly fed: [number, number][] = [];
  /** Whether the model was in training mode at each forward so far. */
  readonly trainingAtForward: boolean[] = [];
  readonly #contextLength: number;

  /** @param rows logits [V] after token 0, after token 1, … */
  constructor(rows: readonly (readonly number[])[], contextLength = Infinity) {
    const size = rows.length;
    super();
    this.config = { type: 'table', vocabSize: size };
    this.#contextLength = contextLength;
    this.embedding = new Embedding(size, size, new Random(0));
    this.unembed = new Linear(size, size, new Random(0), { bias: false });
    // The embedding is the identity, so the unembedding's column of a token is its row of the table.
    const square = (at: (row: number, column: number) => number): Float32Array =>
      Float32Array.from({ length: size * size }, (_, i) => at(Math.floor(i / size), i % size));
    this.embedding.weight.assign(square((row, column) => Number(row === column)));
    this.unembed.weight.assign(square((row, column) => rows[column][row]));
  }

  /** A model that repeats a cycle of ids, whatever the prompt. */
  static repeating(ids: readonly number[], vocabSize: number): TableLM {
    const likely = (id: number) => Array.from({ length: vocabSize }, (_, next) => (next === id ? 50 : 0));
    const rows = Array.from({ length: vocabSize }, () => likely(ids[0]));
    ids.forEach((id, i) => (rows[id] = likely(ids[(i + 1) % ids.length])));
    return new TableLM(rows);
  }

  protected override hidden(ids: tf.Tensor2D): tf.Tensor3D {
    return this.embedding.forward(ids);
  }

  protected override get output(): Linear {
    return this.unembed;
  }

  override get contextLength(): number {
    return this.#contextLength;
  }

  override forward(ids: tf.Tensor2D, options?: ForwardOptions): tf.Tensor3D {
    this.fed.push([...ids.shape]);
    this.trainingAtForward.push(this.training);
    return super.forward(ids, options);
  }
}
