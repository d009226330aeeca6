// Texts side by side, and the model's scores for what comes next in each: with the cache while the
// text fits the context, with a sliding window after. Which token is taken is not decided here.
import { tf } from '@lilformer/engine';
import type { Cache, LanguageModel } from '@lilformer/models';
import type { Settings } from './options.js';

/**
 * Texts of equal length that grow together, a token at a time. All tensors are freed by `dispose`.
 *
 * Past the context each step feeds the last `contextLength` tokens without a cache: every token has
 * moved to another position, so no key of the step before would be right.
 */
export class NextLogits {
  readonly #model: LanguageModel;
  readonly #settings: Settings;
  readonly #evaluating: ReturnType<LanguageModel['evaluator']>;
  #texts: number[][];
  #cache: Cache | undefined;

  /** @param texts at least one, each of the same length of at least 1 */
  constructor(model: LanguageModel, texts: readonly (readonly number[])[], settings: Settings) {
    this.#model = model;
    this.#settings = settings;
    this.#evaluating = model.evaluator();
    this.#texts = texts.map((text) => [...text]);
  }

  /**
   * A row of logits [V] for each text.
   * @throws RangeError when the texts are longer than the context and may not slide
   */
  next(): Float32Array[] {
    const model = this.#model;
    const context = model.contextLength;
    const length = this.#texts[0].length;
    let from = 0;
    if (length > context) {
      if (this.#settings.onOverflow === 'error') {
        throw new RangeError(
          `onOverflow 'error': the text has outgrown the model's context of ${context} tokens; give a shorter prompt, a lower maxTokens, or onOverflow 'slide'`,
        );
      }
      this.dispose();
      from = length - context;
    } else if (this.#settings.cache) {
      this.#cache ??= model.createCache(this.#texts.length);
      from = this.#cache.length;
    }
    const logits = this.#evaluating(() => lastLogits(model, this.#texts, from, this.#cache));
    const data = logits.dataSync<'float32'>();
    logits.dispose();
    const width = model.vocabSize;
    return this.#texts.map((_, row) => data.subarray(row * width, (row + 1) * width));
  }

  /**
   * Goes on with some of the texts only, each longer by one token.
   * @param rows their places in the present order
   * @param ids the token that each of them gets
   */
  extend(rows: readonly number[], ids: readonly number[]): void {
    const kept = rows.map((row, place) => {
      this.#texts[row].push(ids[place]);
      return this.#texts[row];
    });
    if (kept.length < this.#texts.length) this.#cache?.keepRows(rows);
    this.#texts = kept;
  }

  /** Frees the cache. */
  dispose(): void {
    this.#cache?.dispose();
    this.#cache = undefined;
  }
}

/** Logits `[B, 1, V]` after the last token, from the tokens at `from` and later. */
function lastLogits(
  model: LanguageModel,
  texts: readonly (readonly number[])[],
  from: number,
  cache: Cache | undefined,
): tf.Tensor3D {
  const length = texts[0].length - from;
  const ids = new Int32Array(texts.length * length);
  texts.forEach((text, row) => {
    for (let i = 0; i < length; i++) ids[row * length + i] = text[from + i];
  });
  const fed = tf.tensor2d(ids, [texts.length, length], 'int32');
  try {
    return model.forward(fed, { cache, lastOnly: true });
  } finally {
    fed.dispose();
  }
}
