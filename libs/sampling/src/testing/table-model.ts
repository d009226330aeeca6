// A model with known logits: the last token chooses a row of a table. It records the shapes of its inputs.
import type { tf } from '@lilformer/engine';
import { BigramLM, type ForwardOptions } from '@lilformer/models';
import { Random } from '@lilformer/random';

export class TableLM extends BigramLM {
  /** Input shape `[B, T]` of each forward so far. */
  readonly fed: [number, number][] = [];
  /** Whether the model was in training mode at each forward so far. */
  readonly trainingAtForward: boolean[] = [];
  readonly #contextLength: number;

  /** @param rows logits [V] after token 0, after token 1, … */
  constructor(rows: readonly (readonly number[])[], contextLength = Infinity) {
    const size = rows.length;
    super({ vocabSize: size, dModel: size }, new Random(0));
    this.#contextLength = contextLength;
    // The embedding is the identity, so the unembedding's column of a token is its row of the table.
    const square = (at: (row: number, column: number) => number) => ({
      dtype: 'F32' as const,
      shape: [size, size],
      data: Float32Array.from({ length: size * size }, (_, i) => at(Math.floor(i / size), i % size)),
    });
    this.loadStateDict(
      new Map([
        ['embedding.weight', square((row, column) => Number(row === column))],
        ['unembed.weight', square((row, column) => rows[column][row])],
        ['unembed.bias', { dtype: 'F32', shape: [size], data: new Float32Array(size) }],
      ]),
    );
  }

  /** A model that repeats a cycle of ids, whatever the prompt. */
  static repeating(ids: readonly number[], vocabSize: number): TableLM {
    const likely = (id: number) => Array.from({ length: vocabSize }, (_, next) => (next === id ? 50 : 0));
    const rows = Array.from({ length: vocabSize }, () => likely(ids[0]));
    ids.forEach((id, i) => (rows[id] = likely(ids[(i + 1) % ids.length])));
    return new TableLM(rows);
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
