// A model whose every score is known: what comes next is a row of a table, chosen by the present
// token. It notes what it is fed, so that tests can tell what a token costs.
import { tf } from '@lilformer/engine';
import { LanguageModel, type ForwardOptions, type ModelConfig } from '@lilformer/models';

export class TableLM extends LanguageModel {
  readonly config: ModelConfig;
  /** `[batch, tokens]` of each forward so far. */
  readonly fed: [number, number][] = [];
  /** Whether the model was in training mode at each forward so far. */
  readonly trainingAtForward: boolean[] = [];
  readonly #table: tf.Tensor2D;

  /** @param rows logits [V] after token 0, after token 1, … */
  constructor(rows: readonly (readonly number[])[], contextLength?: number) {
    super();
    this.config = { type: 'table', vocabSize: rows[0].length, contextLength };
    this.#table = tf.keep(tf.tensor2d(rows as number[][]));
  }

  /** A model that says these ids one after the other, over and over, whatever it starts from. */
  static saying(ids: readonly number[], vocabSize: number): TableLM {
    const rows = Array.from({ length: vocabSize }, () => new Array<number>(vocabSize).fill(0));
    rows.forEach((row) => (row[ids[0]] = 50));
    ids.forEach((id, place) => {
      rows[id] = new Array<number>(vocabSize).fill(0);
      rows[id][ids[(place + 1) % ids.length]] = 50;
    });
    return new TableLM(rows);
  }

  protected override logits(ids: tf.Tensor2D, _options: ForwardOptions): tf.Tensor3D {
    this.fed.push([...ids.shape]);
    this.trainingAtForward.push(this.training);
    return tf.gather<tf.Tensor>(this.#table, ids) as tf.Tensor3D;
  }

  override dispose(): void {
    this.#table.dispose();
  }
}
