// Sequences that a language model continues: cached while they fit the context, then with a sliding window. Shorter
// prompts are padded on the left.
import { tf } from '@lilformer/engine';
import type { Cache } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import { ModelBatch, type BatchSettings } from './sequence-batch.js';

/**
 * A batch that starts with the prompts.
 *
 * Past the context each step feeds the last `contextLength` tokens without a cache, because every token has moved to
 * another position.
 */
export class CausalBatch extends ModelBatch<LanguageModel> {
  readonly #onOverflow: BatchSettings['onOverflow'];

  /** @param prompts at least one, each of at least one token */
  constructor(
    model: LanguageModel,
    prompts: readonly (readonly number[])[],
    { useCache, onOverflow }: BatchSettings,
  ) {
    super(model, prompts, useCache);
    this.#onOverflow = onOverflow;
  }

  /** @throws RangeError when a sequence exceeds the context and `onOverflow` is `'error'` */
  protected forward(): tf.Tensor3D {
    const { contextLength } = this.model;
    if (this.sequences.every(({ length }) => length <= contextLength)) {
      this.openCache();
      return lastLogits(this.model, this.sequences, this.cache);
    }
    if (this.#onOverflow === 'error') {
      throw new RangeError(
        `onOverflow 'error': the sequence exceeds the model's context of ${contextLength} tokens. Give a shorter prompt, a lower maxNewTokens, or onOverflow 'slide'.`,
      );
    }
    this.dispose();
    return lastLogits(
      this.model,
      this.sequences.map((ids) => ids.slice(-contextLength)),
      undefined,
    );
  }
}

/** Logits `[B, 1, V]` after the last token of each sequence, from the tokens that are not in the cache. */
function lastLogits(
  model: LanguageModel,
  sequences: readonly (readonly number[])[],
  cache: Cache | undefined,
): tf.Tensor3D {
  const cached = cache?.length ?? 0;
  const longest = Math.max(...sequences.map(({ length }) => length));
  const total = cached > 0 ? cached + 1 : longest; // the longest sequence may have ended
  const length = total - cached;
  const ids = new Int32Array(sequences.length * length); // [B, length]
  sequences.forEach((sequence, row) => {
    const start = sequence.length - length; // negative: padding
    for (let i = Math.max(0, -start); i < length; i++) ids[row * length + i] = sequence[start + i];
  });
  const input = tf.tensor2d(ids, [sequences.length, length], 'int32');
  const paddingMask = leftPaddingMask(sequences, total);
  try {
    // Positions count from the mask: padding does not shift them.
    return model.forward(input, { cache, paddingMask, lastOnly: true });
  } finally {
    input.dispose();
    paddingMask?.dispose();
  }
}

/** `[B, total]`, 1 for tokens and 0 for padding; undefined without padding. */
function leftPaddingMask(sequences: readonly (readonly number[])[], total: number): tf.Tensor2D | undefined {
  if (sequences.every(({ length }) => length === total)) return undefined;
  const mask = new Int32Array(sequences.length * total);
  sequences.forEach(({ length }, row) => mask.fill(1, (row + 1) * total - length, (row + 1) * total));
  return tf.tensor2d(mask, [sequences.length, total], 'int32');
}
