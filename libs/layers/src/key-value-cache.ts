// What attention remembers of the tokens it has seen: their keys and values, layer by layer, so that
// the next token costs one row of attention and not the whole text again. They lie in buffers with room
// for more, each twice as large as the one before, so a token costs one row of writing as well. Sliding past
// the context is not done here: positions are part of the keys, so the caller starts again (`reset`) with
// fewer tokens.
import { tf, tidy } from '@lilformer/engine';
import { appendToCache, cacheOfRows } from '@lilformer/ops';
import { Cache } from './cache.js';

/** What attention has to look at in one layer: buffers `[B, capacity, C]`. */
export interface CachedTokens {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  /** Number of tokens in them; what follows is of no meaning. */
  readonly length: number;
}

/** Keys and values of another sequence, `[B, S, C]`, which does not grow: an encoder's output as one layer sees it. */
export interface CrossTokens {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
}

/** Keys and values of all tokens so far, for each attention layer. It owns its tensors. */
export class KeyValueCache extends Cache {
  readonly #layers: { keys: tf.Tensor3D; values: tf.Tensor3D }[] = [];
  readonly #cross: CrossTokens[] = [];
  /** Which row of what was first made each row of the cross keys and values is. */
  #crossRows: readonly number[] | undefined;

  /**
   * The cache that a model handed to its attention layers.
   * @throws TypeError when it is another kind of cache
   */
  static of(cache: Cache | undefined): KeyValueCache | undefined {
    if (cache === undefined || cache instanceof KeyValueCache) return cache;
    throw new TypeError(
      `attention was given a ${cache.constructor.name}: expected the KeyValueCache that the model's createCache makes`,
    );
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

  /**
   * Keys and values of another sequence for one layer: made when first asked for, then kept until `reset`.
   *
   * @param layer which attention layer, from 0
   * @param make gives both, `[B, S, C]`; what else it makes is disposed
   * @returns the cache's own tensors, not to be disposed
   */
  cross(layer: number, make: () => CrossTokens): CrossTokens {
    let made = this.#cross[layer];
    if (!made) {
      const [keys, values] = tidy(() => {
        const { keys, values } = make();
        return [tf.clone(keys), tf.clone(values)];
      });
      made = this.#cross[layer] = {
        keys: tf.keep(keys) as tf.Tensor3D,
        values: tf.keep(values) as tf.Tensor3D,
      };
    }
    return made;
  }

  #append(layer: number, width: number, keys: Columns, values: Columns): CachedTokens {
    const before = this.#layers[layer];
    const after = {
      keys: this.#extended(before?.keys, width, keys),
      values: this.#extended(before?.values, width, values),
      length: this.length + keys[0].shape[1],
    };
    this.#layers[layer] = after;
    return after;
  }

  /** A buffer with new rows behind the tokens that count: a forward that failed half-way may have left more. */
  #extended(before: tf.Tensor3D | undefined, width: number, [rows, column]: Columns): tf.Tensor3D {
    const after = appendToCache(before, this.length, rows, column, width);
    if (after !== before) before?.dispose();
    return tf.keep(after) as tf.Tensor3D;
  }

  protected override pick(rows: readonly number[]): void {
    const picked = (buffer: tf.Tensor3D): tf.Tensor3D => {
      const kept = cacheOfRows(buffer, this.length, rows);
      buffer.dispose();
      return tf.keep(kept) as tf.Tensor3D;
    };
    for (const layer of this.#layers) {
      layer.keys = picked(layer.keys);
      layer.values = picked(layer.values);
    }
    this.#pickCross(rows);
  }

  /** Beams of one text change places at every token, and look at the same encoder output: then nothing is to be done. */
  #pickCross(rows: readonly number[]): void {
    if (this.#cross.length === 0) return;
    const before = this.#crossRows ?? Array.from({ length: this.batch }, (_, row) => row);
    const after = rows.map((row) => before[row]);
    this.#crossRows = after;
    if (after.length === before.length && after.every((row, i) => row === before[i])) return;
    this.#cross.forEach(({ keys, values }, layer) => {
      const kept = [keys, values].map((tensor) => cacheOfRows(tensor, tensor.shape[1], rows));
      tf.dispose([keys, values]);
      this.#cross[layer] = { keys: tf.keep(kept[0]) as tf.Tensor3D, values: tf.keep(kept[1]) as tf.Tensor3D };
    });
  }

  protected override forget(): void {
    for (const { keys, values } of this.#layers) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.length = 0;
    this.#cross.forEach(({ keys, values }) => tf.dispose([keys, values]));
    this.#cross.length = 0;
    this.#crossRows = undefined;
  }
}

/** `[B, T, …]`, and the column where the keys or values in it begin. */
type Columns = readonly [rows: tf.Tensor3D, column: number];
