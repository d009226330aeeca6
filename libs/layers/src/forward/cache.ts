// The base class of KeyValueCache (attention) and RecurrentState (RNN, GRU).
import { tf } from '@lilformer/engine';

/** State of the tokens a model has processed, so that later calls pass the new tokens only. */
export abstract class Cache {
  readonly #constants: tf.Tensor[] = [];
  #length = 0;
  #batch: number;

  /**
   * @param batch batch size
   * @throws RangeError when it is not a positive integer
   */
  constructor(batch: number) {
    if (!Number.isInteger(batch) || batch < 1) {
      throw new RangeError(`batch: is ${batch}. Expected an integer of at least 1.`);
    }
    this.#batch = batch;
  }

  /** Batch size. */
  get batch(): number {
    return this.#batch;
  }

  /** Number of tokens processed; the next token has this position. */
  get length(): number {
    return this.#length;
  }

  /** Returns a tensor derived from weights, computed on first use and kept until `reset`. */
  constant(layer: number, make: () => tf.Tensor): tf.Tensor {
    return (this.#constants[layer] ??= tf.keep(make()));
  }

  /** Adds `tokens` to the length. The model calls it after all layers have processed them. */
  advance(tokens: number): void {
    this.#length += tokens;
  }

  /**
   * Removes all but the first `length` tokens.
   * @throws RangeError when the cache holds fewer
   */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new RangeError(`truncate: length is ${length}. Expected an integer from 0 to ${this.#length}.`);
    }
    if (length === 0) this.reset();
    this.#length = length;
  }

  /**
   * Keeps some sequences of the batch, in the given order; rows may repeat.
   * @throws RangeError when `rows` is empty or an index is out of range
   */
  keepRows(rows: readonly number[]): void {
    const invalid = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.#batch);
    if (invalid !== undefined || rows.length === 0) {
      throw new RangeError(
        `keepRows: rows are [${rows.join(', ')}]. Expected indices into a batch of ${this.#batch}.`,
      );
    }
    this.selectRows(rows);
    this.#batch = rows.length;
  }

  /** Keeps these rows of all stored tensors. The indices are valid. */
  protected abstract selectRows(rows: readonly number[]): void;

  /** Disposes all stored tensors. */
  protected abstract clear(): void;

  /** Disposes everything and sets the length to 0. */
  reset(): void {
    this.clear();
    for (const constant of this.#constants) constant?.dispose();
    this.#constants.length = 0;
    this.#length = 0;
  }

  /** Disposes everything. */
  dispose(): void {
    this.reset();
  }
}
