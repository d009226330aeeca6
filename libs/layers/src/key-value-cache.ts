// What attention remembers of the tokens it has seen: their keys and values, layer by layer, so that
// the next token costs one row of attention and not the whole text again. They lie in buffers with room
// for more, each twice as large as the one before, so a token costs one row of writing as well. Sliding past
// the context is not done here: positions are part of the keys, so the caller starts again (`reset`) with
// fewer tokens.
import { tf } from '@lilformer/engine';
import { appendToCache, cacheOfRows } from '@lilformer/ops';

/** What attention has to look at in one layer: buffers `[B, capacity, C]`. */
export interface CachedTokens {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  /** Number of tokens in them; what follows is of no meaning. */
  readonly length: number;
}

/** Keys and values of all tokens so far, for each attention layer. It owns its tensors. */
export class KeyValueCache {
  readonly #layers: { keys: tf.Tensor3D; values: tf.Tensor3D }[] = [];
  readonly #constants: tf.Tensor[] = [];
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
   * Adds the new tokens' keys and values of one layer, and gives those of all tokens, for `cachedAttention`.
   *
   * @param layer which attention layer, from 0
   * @param keys,values `[B, Tnew, C]`
   * @returns the cache's own buffers, not to be disposed; the next call may write into them
   */
  append(layer: number, keys: tf.Tensor3D, values: tf.Tensor3D): CachedTokens {
    return this.#append(layer, keys.shape[2], [keys, 0], [values, 0]);
  }

  /**
   * The same from one projection.
   * @param qkv `[B, Tnew, 3C]`: queries, keys and values side by side
   */
  appendPacked(layer: number, qkv: tf.Tensor3D): CachedTokens {
    const width = qkv.shape[2] / 3;
    return this.#append(layer, width, [qkv, width], [qkv, 2 * width]);
  }

  #append(layer: number, width: number, keys: Columns, values: Columns): CachedTokens {
    const before = this.#layers[layer];
    const after = {
      keys: this.#extended(before?.keys, width, keys),
      values: this.#extended(before?.values, width, values),
      length: this.#length + keys[0].shape[1],
    };
    this.#layers[layer] = after;
    return after;
  }

  /** A buffer with new rows behind the tokens that count: a forward that failed half-way may have left more. */
  #extended(before: tf.Tensor3D | undefined, width: number, [rows, column]: Columns): tf.Tensor3D {
    const after = appendToCache(before, this.#length, rows, column, width);
    if (after !== before) before?.dispose();
    return tf.keep(after) as tf.Tensor3D;
  }

  /**
   * A tensor that a layer makes of its weights once, for all tokens to come: the cache's, to be kept until `reset`. (When
   * weights change, what the cache holds is of no use any more.)
   */
  constant(layer: number, make: () => tf.Tensor): tf.Tensor {
    return (this.#constants[layer] ??= tf.keep(make()));
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
    const pick = (buffer: tf.Tensor3D): tf.Tensor3D => {
      const kept = cacheOfRows(buffer, this.#length, rows);
      buffer.dispose();
      return tf.keep(kept) as tf.Tensor3D;
    };
    for (const layer of this.#layers) {
      layer.keys = pick(layer.keys);
      layer.values = pick(layer.values);
    }
    this.#batch = rows.length;
  }

  /** Forgets everything and frees it; the cache is as new. */
  reset(): void {
    for (const { keys, values } of this.#layers) {
      keys.dispose();
      values.dispose();
    }
    for (const constant of this.#constants) constant?.dispose();
    this.#layers.length = 0;
    this.#constants.length = 0;
    this.#length = 0;
  }

  /** Frees everything: the same as `reset`, said by one who does not come back. */
  dispose(): void {
    this.reset();
  }
}

/** `[B, T, …]`, and the column where the keys or values in it begin. */
type Columns = readonly [rows: tf.Tensor3D, column: number];
