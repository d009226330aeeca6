// A language model's scores for what comes next in several texts: with the cache while they fit the context, with a
// sliding window after. Shorter texts are padded on the left. Which token is taken is not decided here.
import { tf } from '@lilformer/engine';
import type { Cache, LanguageModel } from '@lilformer/models';
import { extended, sameRows, type Scorer } from './scorer.js';
import type { Settings } from './options.js';

/**
 * Texts that grow together, a token at a time. All tensors are freed by `dispose`.
 *
 * Past the context each step feeds the last `contextLength` tokens without a cache: every token has
 * moved to another position, so no key of the step before would be right.
 */
export class LanguageModelScorer implements Scorer {
  readonly #model: LanguageModel;
  readonly #settings: Pick<Settings, 'cache' | 'onOverflow'>;
  readonly #evaluating: ReturnType<LanguageModel['evaluator']>;
  #texts: readonly (readonly number[])[];
  #cache: Cache | undefined;

  /** @param texts at least one, each of at least one token */
  constructor(
    model: LanguageModel,
    texts: readonly (readonly number[])[],
    settings: Pick<Settings, 'cache' | 'onOverflow'>,
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#evaluating = model.evaluator();
    this.#texts = texts;
  }

  get texts(): readonly (readonly number[])[] {
    return this.#texts;
  }

  /**
   * A row of logits [V] for each text.
   * @throws RangeError when a text is longer than the context and may not slide
   */
  next(): Float32Array[] {
    const model = this.#model;
    const context = model.contextLength;
    let texts = this.#texts;
    if (texts.some(({ length }) => length > context)) {
      if (this.#settings.onOverflow === 'error') {
        throw new RangeError(
          `onOverflow 'error': the text has outgrown the model's context of ${context} tokens; give a shorter prompt, a lower maxTokens, or onOverflow 'slide'`,
        );
      }
      this.dispose();
      texts = texts.map((text) => text.slice(-context));
    } else if (this.#settings.cache) {
      this.#cache ??= model.createCache(texts.length);
    }
    const logits = this.#evaluating(() => lastLogits(model, texts, this.#cache));
    const data = logits.dataSync<'float32'>();
    logits.dispose();
    const width = model.vocabSize;
    return texts.map((_, row) => data.subarray(row * width, (row + 1) * width));
  }

  extend(rows: readonly number[], ids: readonly number[]): void {
    if (!sameRows(rows, this.#texts.length)) this.#cache?.keepRows(rows);
    this.#texts = extended(this.#texts, rows, ids);
  }

  dispose(): void {
    this.#cache?.dispose();
    this.#cache = undefined;
  }
}

/** Logits `[B, 1, V]` after the last token of each text, from the tokens that the cache has not seen. */
function lastLogits(
  model: LanguageModel,
  texts: readonly (readonly number[])[],
  cache: Cache | undefined,
): tf.Tensor3D {
  const seen = cache?.length ?? 0;
  const width = seen > 0 ? seen + 1 : Math.max(...texts.map(({ length }) => length)); // the longest may have ended
  const length = width - seen;
  const ids = new Int32Array(texts.length * length);
  texts.forEach((text, row) => {
    const start = text.length - length; // below 0: so much padding
    for (let i = Math.max(0, -start); i < length; i++) ids[row * length + i] = text[start + i];
  });
  const fed = tf.tensor2d(ids, [texts.length, length], 'int32');
  const paddingMask = leftPadding(texts, width);
  try {
    // Positions count from the mask: a text has the same ones however much padding is before it.
    return model.forward(fed, { cache, paddingMask, lastOnly: true });
  } finally {
    fed.dispose();
    paddingMask?.dispose();
  }
}

/** `[B, width]`, 1 for tokens and 0 for the padding before them; undefined where there is none. */
function leftPadding(texts: readonly (readonly number[])[], width: number): tf.Tensor2D | undefined {
  if (texts.every(({ length }) => length === width)) return undefined;
  const mask = new Int32Array(texts.length * width);
  texts.forEach(({ length }, row) => mask.fill(1, (row + 1) * width - length, (row + 1) * width));
  return tf.tensor2d(mask, [texts.length, width], 'int32');
}
