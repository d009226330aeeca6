// The key-value cache of attention. Buffers double their capacity when full, so that a new token writes one row. Positions are
// part of the keys: to slide the context window, call `reset` and process the last tokens again.
import { tf, tidy } from '@lilformer/engine';
import { appendToCache, cacheOfRows } from '@lilformer/ops';
import { Cache } from '../forward/cache.js';

/** Keys and values of one layer, `[B, S, C]`. */
export interface KeysAndValues {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
}

/** Keys and values in buffers `[B, capacity, C]`; rows from `length` on are undefined. */
interface CachedTokens extends KeysAndValues {
  readonly length: number;
}

/** `[B, T, …]` and the first column of the keys or values in it. */
type Columns = readonly [rows: tf.Tensor3D, column: number];

/** Keys and values of all earlier tokens, for each attention layer. Owns its tensors. */
export class KeyValueCache extends Cache {
  readonly #layers: KeysAndValues[] = [];
  readonly #cross: KeysAndValues[] = [];
  /** For each row of the cross keys and values, its row in the batch they were computed for. */
  #crossRows: readonly number[] | undefined;

  /**
   * Narrows the cache that a model passes to an attention layer.
   * @throws TypeError when it is another kind of cache
   */
  static of(cache: Cache | undefined): KeyValueCache | undefined {
    if (cache === undefined || cache instanceof KeyValueCache) return cache;
    throw new TypeError(
      `cache: is a ${cache.constructor.name}. Expected a KeyValueCache. Create it with the model's createCache.`,
    );
  }

  /**
   * Appends keys and values `[B, Tnew, C]` of the new tokens.
   * @returns those of all tokens; the buffers belong to the cache, and the next call may write into them
   */
  append(layer: number, keys: tf.Tensor3D, values: tf.Tensor3D): CachedTokens {
    return this.#append(layer, keys.shape[2], [keys, 0], [values, 0]);
  }

  /** Like {@link append}. @param qkv `[B, Tnew, 3C]`: queries, keys and values concatenated */
  appendPacked(layer: number, qkv: tf.Tensor3D): CachedTokens {
    const dModel = qkv.shape[2] / 3;
    return this.#append(layer, dModel, [qkv, dModel], [qkv, 2 * dModel]);
  }

  /**
   * Keys and values of another sequence, such as the encoder output: computed on first use, then kept until `reset`.
   * @param compute returns both; its intermediate tensors are disposed
   * @returns tensors that belong to the cache
   */
  cross(layer: number, compute: () => KeysAndValues): KeysAndValues {
    return (this.#cross[layer] ??= keepBoth(
      tidy(() => {
        const { keys, values } = compute();
        return [tf.clone(keys), tf.clone(values)];
      }),
    ));
  }

  #append(layer: number, dModel: number, keys: Columns, values: Columns): CachedTokens {
    const before = this.#layers[layer];
    const after = {
      keys: this.#extend(before?.keys, dModel, keys),
      values: this.#extend(before?.values, dModel, values),
      length: this.length + keys[0].shape[1],
    };
    this.#layers[layer] = after;
    return after;
  }

  /** Writes new rows at `length`, over those that a failed forward pass may have left. */
  #extend(before: tf.Tensor3D | undefined, dModel: number, [rows, column]: Columns): tf.Tensor3D {
    const after = appendToCache(before, this.length, rows, column, dModel);
    if (after !== before) before?.dispose();
    return tf.keep(after) as tf.Tensor3D;
  }

  protected override selectRows(rows: readonly number[]): void {
    selectIn(this.#layers, rows, this.length);
    if (this.#cross.length === 0) return;
    const before = this.#crossRows ?? Array.from({ length: this.batch }, (_, row) => row);
    const after = rows.map((row) => before[row]);
    this.#crossRows = after;
    // Beams of one sequence are reordered at every token, but have equal cross keys and values.
    if (after.length === before.length && after.every((row, i) => row === before[i])) return;
    selectIn(this.#cross, rows);
  }

  protected override clear(): void {
    for (const layers of [this.#layers, this.#cross]) {
      layers.forEach(({ keys, values }) => tf.dispose([keys, values])); // skips unused layers
      layers.length = 0;
    }
    this.#crossRows = undefined;
  }
}

/** Replaces the tensors of all layers by some of their rows. @param length tokens to keep; default all */
function selectIn(layers: KeysAndValues[], rows: readonly number[], length?: number): void {
  layers.forEach(({ keys, values }, layer) => {
    const kept = [keys, values].map((tensor) => cacheOfRows(tensor, length ?? tensor.shape[1], rows));
    tf.dispose([keys, values]);
    layers[layer] = keepBoth(kept);
  });
}

function keepBoth([keys, values]: readonly tf.Tensor[]): KeysAndValues {
  return { keys: tf.keep(keys) as tf.Tensor3D, values: tf.keep(values) as tf.Tensor3D };
}
