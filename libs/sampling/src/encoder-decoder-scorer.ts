// An encoder-decoder's scores for what comes next in the texts that it writes about others: those are read once, the
// decoder goes on a token at a time. Which token is taken is not decided here.
import { tf } from '@lilformer/engine';
import type { Cache, EncoderDecoderModel } from '@lilformer/models';
import { extended, sameRows, type Scorer } from './scorer.js';

/** Texts that answer prompts, growing together; each begins as the model's start token. All tensors are freed by `dispose`. */
export class EncoderDecoderScorer implements Scorer {
  readonly #model: EncoderDecoderModel;
  readonly #evaluating: ReturnType<EncoderDecoderModel['evaluator']>;
  readonly #useCache: boolean;
  readonly #prompts: readonly (readonly number[])[];
  #texts: number[][];
  /** Which prompt each text answers. */
  #answered: number[];
  #read: { encoded: tf.Tensor3D; encoderMask: tf.Tensor2D | undefined } | undefined;
  #cache: Cache | undefined;

  /** @param prompts at least one, each of at least one token */
  constructor(
    model: EncoderDecoderModel,
    prompts: readonly (readonly number[])[],
    settings: { readonly cache: boolean },
  ) {
    this.#model = model;
    this.#evaluating = model.evaluator();
    this.#useCache = settings.cache;
    this.#prompts = prompts;
    this.#texts = prompts.map(() => [model.startId]);
    this.#answered = prompts.map((_, row) => row);
  }

  get texts(): readonly (readonly number[])[] {
    return this.#texts;
  }

  /**
   * A row of logits [V] for each text.
   * @throws RangeError when the texts are longer than the decoder's context
   */
  next(): Float32Array[] {
    const model = this.#model;
    const [{ length }] = this.#texts; // they begin and grow together, so they are equally long
    if (length > model.contextLength) {
      throw new RangeError(
        `the text has outgrown the decoder's context of ${model.contextLength} tokens; give a lower maxTokens`,
      );
    }
    const { encoded, encoderMask } = (this.#read ??= this.#evaluating(() => read(model, this.#prompts)));
    if (this.#useCache) this.#cache ??= model.createCache(this.#texts.length);
    const from = this.#cache?.length ?? 0;
    const fed = tf.tensor2d(
      this.#texts.map((text) => text.slice(from)),
      [this.#texts.length, length - from],
      'int32',
    );
    try {
      const options = { encoded, encoderMask, cache: this.#cache, lastOnly: true };
      const logits = this.#evaluating(() => model.decode(fed, options));
      const data = logits.dataSync<'float32'>();
      logits.dispose();
      const width = model.vocabSize;
      return this.#texts.map((_, row) => data.subarray(row * width, (row + 1) * width));
    } finally {
      fed.dispose();
    }
  }

  extend(rows: readonly number[], ids: readonly number[]): void {
    if (!sameRows(rows, this.#texts.length)) this.#cache?.keepRows(rows);
    const before = this.#answered;
    this.#answered = rows.map((row) => before[row]);
    this.#texts = extended(this.#texts, rows, ids);
    // Beams of one prompt change places at every token and look at the same encoded text.
    const unchanged =
      this.#answered.length === before.length && this.#answered.every((row, i) => row === before[i]);
    if (!this.#read || unchanged) return;
    const { encoded, encoderMask } = this.#read;
    const picked = tf.tensor1d(Int32Array.from(rows), 'int32');
    this.#read = {
      encoded: tf.gather(encoded, picked),
      encoderMask: encoderMask && tf.gather(encoderMask, picked),
    };
    tf.dispose([encoded, encoderMask ?? [], picked]);
  }

  dispose(): void {
    this.#cache?.dispose();
    this.#cache = undefined;
    tf.dispose([this.#read?.encoded ?? [], this.#read?.encoderMask ?? []]);
    this.#read = undefined;
  }
}

/** What the encoder makes of the prompts, shorter ones padded on the right. */
function read(
  model: EncoderDecoderModel,
  prompts: readonly (readonly number[])[],
): { encoded: tf.Tensor3D; encoderMask: tf.Tensor2D | undefined } {
  const width = Math.max(...prompts.map(({ length }) => length));
  const shape: [number, number] = [prompts.length, width];
  const ids = new Int32Array(prompts.length * width).fill(model.padId);
  const mask = new Int32Array(ids.length);
  prompts.forEach((prompt, row) => {
    ids.set(prompt, row * width);
    mask.fill(1, row * width, row * width + prompt.length);
  });
  const fed = tf.tensor2d(ids, shape, 'int32');
  const encoderMask = mask.includes(0) ? tf.tensor2d(mask, shape, 'int32') : undefined;
  try {
    return { encoded: model.encode(fed, { paddingMask: encoderMask }), encoderMask };
  } catch (error) {
    encoderMask?.dispose();
    throw error;
  } finally {
    fed.dispose();
  }
}
