// What a recurrent layer remembers of the tokens it has seen: its last hidden state, and nothing else. That is the
// same size after ten tokens and after a million, so there is no context to outgrow; but no way back either.
import { tf } from '@lilformer/engine';
import { Cache } from './cache.js';

/** The hidden states after the tokens so far, for each recurrent layer. It owns its tensors. */
export class RecurrentState extends Cache {
  #states: tf.Tensor2D[] = [];
  /** States of a forward that has not come to its end. */
  #next: tf.Tensor2D[] = [];

  /**
   * The cache that a model handed to its recurrent layers.
   * @throws TypeError when it is another kind of cache
   */
  static of(cache: Cache | undefined): RecurrentState | undefined {
    if (cache === undefined || cache instanceof RecurrentState) return cache;
    throw new TypeError(
      `a recurrent layer was given a ${cache.constructor.name}: expected the RecurrentState that the model's createCache makes`,
    );
  }

  /** The state of one layer `[B, H]`, not to be disposed; undefined before the first token, where it is all zeros. */
  get(layer: number): tf.Tensor2D | undefined {
    return this.#states[layer];
  }

  /** Takes over the state of one layer after the new tokens, `[B, H]`; it counts once the model has advanced. */
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

  /**
   * Stays as it is, or forgets everything: a state cannot be taken back by some tokens.
   * @throws RangeError for anything in between
   */
  override truncate(length: number): void {
    if (length > 0 && length < this.length) {
      throw new RangeError(
        `truncate(${length}): a recurrent state of ${this.length} tokens cannot go back; expected 0 or ${this.length}, or feed the text anew`,
      );
    }
    super.truncate(length);
  }

  protected override pick(rows: readonly number[]): void {
    this.#states = this.#states.map((state) => {
      const kept = tf.tidy(() => tf.gather(state, tf.tensor1d([...rows], 'int32')));
      state.dispose();
      return tf.keep(kept);
    });
  }

  protected override forget(): void {
    tf.dispose(this.#states);
    tf.dispose(this.#next);
    this.#states = [];
    this.#next = [];
  }
}
