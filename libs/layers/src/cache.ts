// What every model's memory of earlier tokens has in common: how many sequences go on side by side, how many tokens
// they have seen, and what layers made of their weights for all tokens to come. What is remembered is in
// key-value-cache.ts (attention) and recurrent-state.ts (RNN, GRU).
import { tf } from '@lilformer/engine';

/** What a model remembers of the tokens it has seen, so that the next ones need not go with all before them again. */
export abstract class Cache {
  readonly #constants: tf.Tensor[] = [];
  #length = 0;
  #batch: number;

  /**
   * @param batch number of sequences that go on side by side
   * @throws RangeError when it is not a whole number of at least 1
   */
  constructor(batch: number) {
    if (!Number.isInteger(batch) || batch < 1) {
      throw new RangeError(`a cache for a batch of ${batch}: expected a whole number of at least 1`);
    }
    this.#batch = batch;
  }

  /** Number of sequences that go on side by side. */
  get batch(): number {
    return this.#batch;
  }

  /** Number of tokens seen; the next one has this position. */
  get length(): number {
    return this.#length;
  }

  /**
   * A tensor that a layer makes of its weights once, for all tokens to come: the cache's, to be kept until `reset`. (When
   * weights change, what the cache holds is of no use any more.)
   */
  constant(layer: number, make: () => tf.Tensor): tf.Tensor {
    return (this.#constants[layer] ??= tf.keep(make()));
  }

  /** Counts `tokens` as seen; the model calls it when every layer has remembered them. */
  advance(tokens: number): void {
    this.#length += tokens;
  }

  /**
   * Forgets all but the first `length` tokens.
   * @throws RangeError when the cache does not hold that many
   */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new RangeError(
        `truncate(${length}): expected a whole number from 0 to ${this.#length}, the tokens held`,
      );
    }
    if (length === 0) this.reset();
    this.#length = length;
  }

  /**
   * Goes on with some of the sequences only, such as those that have not ended.
   * @param rows their places in the batch, in the order they shall have
   * @throws RangeError when there is none, or one that the batch does not have
   */
  keepRows(rows: readonly number[]): void {
    const missing = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.#batch);
    if (missing !== undefined || rows.length === 0) {
      throw new RangeError(`keepRows([${rows}]): expected places in a batch of ${this.#batch}`);
    }
    this.pick(rows);
    this.#batch = rows.length;
  }

  /** Keeps of everything remembered only these rows of the batch, which are known to be there. */
  protected abstract pick(rows: readonly number[]): void;

  /** Frees everything remembered. */
  protected abstract forget(): void;

  /** Forgets everything and frees it; the cache is as new. */
  reset(): void {
    this.forget();
    for (const constant of this.#constants) constant?.dispose();
    this.#constants.length = 0;
    this.#length = 0;
  }

  /** Frees everything: the same as `reset`, said by one who does not come back. */
  dispose(): void {
    this.reset();
  }
}
