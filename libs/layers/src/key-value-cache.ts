// What attention remembers of the tokens it has seen: their keys and values, layer by layer, so that
// the next token costs one row of attention and not the whole text again. Sliding past the context is
// not done here: positions are part of the keys, so the caller starts again (`reset`) with fewer tokens.
import { tf } from '@lilformer/engine';

/** Keys and values of all tokens so far, for each attention layer. It owns its tensors. */
export class KeyValueCache {
  readonly #layers: { keys: tf.Tensor3D; values: tf.Tensor3D }[] = [];
  #length = 0;
  #batch: number;

  /** @param batch number of sequences that go on side by side */
  constructor(batch: number) {
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
   * Adds the new tokens' keys and values of one layer and gives back those of all tokens.
   *
   * @param layer which attention layer, from 0
   * @param keys,values `[B, Tnew, C]`
   * @returns `[B, length + Tnew, C]` each; the cache's own, not to be disposed
   */
  append(layer: number, keys: tf.Tensor3D, values: tf.Tensor3D): { keys: tf.Tensor3D; values: tf.Tensor3D } {
    const before = this.#layers[layer];
    const [allKeys, allValues] = tf.tidy(() =>
      before === undefined
        ? [keys.clone(), values.clone()]
        : // Sliced to the length, because a forward that failed half-way may have left more.
          [
            tf.concat([head(before.keys, this.#length), keys], 1),
            tf.concat([head(before.values, this.#length), values], 1),
          ],
    );
    before?.keys.dispose();
    before?.values.dispose();
    const after = { keys: tf.keep(allKeys), values: tf.keep(allValues) };
    this.#layers[layer] = after;
    return after;
  }

  /** Counts `tokens` as seen; the model calls it when every layer has appended them. */
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
    if (length === 0) return this.reset();
    for (const layer of this.#layers) {
      const [keys, values] = [layer.keys, layer.values];
      layer.keys = tf.keep(head(keys, length));
      layer.values = tf.keep(head(values, length));
      keys.dispose();
      values.dispose();
    }
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
    tf.tidy(() => {
      const places = tf.tensor1d(rows as number[], 'int32');
      for (const layer of this.#layers) {
        const [keys, values] = [layer.keys, layer.values];
        layer.keys = tf.keep(tf.gather(keys, places));
        layer.values = tf.keep(tf.gather(values, places));
        keys.dispose();
        values.dispose();
      }
    });
    this.#batch = rows.length;
  }

  /** Forgets everything and frees it; the cache is as new. */
  reset(): void {
    for (const { keys, values } of this.#layers) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.length = 0;
    this.#length = 0;
  }

  /** Frees everything: the same as `reset`, said by one who does not come back. */
  dispose(): void {
    this.reset();
  }
}

/** The first `length` places of `[B, T, C]`. */
function head(x: tf.Tensor3D, length: number): tf.Tensor3D {
  return tf.slice(x, [0, 0, 0], [-1, length, -1]);
}
