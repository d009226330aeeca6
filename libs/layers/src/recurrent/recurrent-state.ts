// The hidden states of a recurrent model. Their size does not grow with the number of tokens.
import { tf } from '@lilformer/engine';
import { Cache } from '../forward/cache.js';

/** The hidden state of each recurrent layer after the tokens so far. Owns its tensors. */
export class RecurrentState extends Cache {
  #states: tf.Tensor2D[] = [];
  /** States of a forward pass that has not finished. */
  #next: tf.Tensor2D[] = [];

  /**
   * Narrows the cache that a model passes to a recurrent layer.
   * @throws TypeError when it is another kind of cache
   */
  static of(cache: Cache | undefined): RecurrentState | undefined {
    if (cache === undefined || cache instanceof RecurrentState) return cache;
    throw new TypeError(
      `cache: is a ${cache.constructor.name}. Expected a RecurrentState. Create it with the model's createCache.`,
    );
  }

  /** The state of a layer `[B, H]`, owned by the cache; undefined before the first token (all zeros). */
  get(layer: number): tf.Tensor2D | undefined {
    return this.#states[layer];
  }

  /** Sets the state of a layer after the new tokens, `[B, H]`. `get` returns it after `advance`. */
  set(layer: number, state: tf.Tensor2D): void {
    this.#next[layer]?.dispose();
    this.#next[layer] = tf.keep(state);
  }

  override advance(tokens: number): void {
    super.advance(tokens);
    tf.dispose(this.#states);
    this.#states = this.#next;
    this.#next = [];
  }

  /** @throws RangeError unless `length` is 0 or the current length: earlier states are not stored */
  override truncate(length: number): void {
    if (length > 0 && length < this.length) {
      throw new RangeError(
        `truncate: length is ${length}. Expected 0 or ${this.length}, because a recurrent state cannot go back. ` +
          'Reset it and process the tokens again.',
      );
    }
    super.truncate(length);
  }

  protected override selectRows(rows: readonly number[]): void {
    this.#states = this.#states.map((state) => {
      const kept = tf.tidy(() => tf.gather(state, tf.tensor1d([...rows], 'int32')));
      state.dispose();
      return tf.keep(kept);
    });
  }

  protected override clear(): void {
    tf.dispose([...this.#states, ...this.#next]);
    this.#states = [];
    this.#next = [];
  }
}
