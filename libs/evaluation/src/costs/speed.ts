import type { LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { idTensor, valuesOf } from '../tensor-values.js';

/** Sequence length for a model without a context limit, and the longest for others. */
const MAX_LENGTH = 128;
/** Limits the memory of the logits. */
const MAX_LOGITS = 2 ** 20;

/**
 * Tokens per second of forward passes over random tokens: the fastest of several passes after a warm-up. Other load on the
 * machine lowers it.
 *
 * @param seconds duration of the measurement; at least two passes are made
 */
export async function measureSpeed(model: LanguageModel, seconds = 0.1): Promise<number> {
  const length = Math.min(model.contextLength, MAX_LENGTH);
  const batch = Math.max(1, Math.min(8, Math.floor(MAX_LOGITS / (length * model.vocabSize))));
  const random = new Random('speed');
  const ids = Int32Array.from({ length: batch * length }, () => random.integer(model.vocabSize));
  const pass = async (): Promise<number> => {
    const started = performance.now();
    await valuesOf(() => model.evaluating(() => model.forward(idTensor(ids, batch))));
    return (performance.now() - started) / 1000;
  };
  await pass();
  let best = await pass();
  for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
    best = Math.min(best, await pass());
  }
  return ids.length / best;
}
