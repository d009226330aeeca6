// How fast a model reads: tokens a second of plain forward passes. Leaves out training and writing, whose speeds are told by
// those who do them.
import { tf } from '@lilformer/engine';
import type { LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { valuesOf } from './values.js';

/** Longest text that is read at once, where the model takes any. */
const LONGEST = 128;
/** Numbers that the logits of one pass may have. */
const MOST_LOGITS = 2 ** 20;

/**
 * Tokens a second that the model reads, random ones, several texts side by side: the best of some passes, after one that is
 * not counted. What else the machine does shows in it; compare side by side.
 *
 * @param seconds roughly how long to measure; default 0.1, and at least two passes
 */
export function measureSpeed(model: LanguageModel, seconds = 0.1): number {
  const length = Math.min(model.contextLength, LONGEST);
  const batch = Math.max(1, Math.min(8, Math.floor(MOST_LOGITS / (length * model.vocabSize))));
  const random = new Random('speed');
  const ids = Int32Array.from({ length: batch * length }, () => random.integer(model.vocabSize));
  const pass = (): number => {
    const started = performance.now();
    valuesOf(() => model.forward(tf.tensor2d(ids, [batch, length], 'int32')));
    return (performance.now() - started) / 1000;
  };
  return model.evaluating(() => {
    pass();
    let best = pass();
    for (const end = performance.now() + 1000 * seconds; performance.now() < end;)
      best = Math.min(best, pass());
    return ids.length / best;
  });
}
