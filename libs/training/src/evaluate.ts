// The mean loss of a model over some batches. Leaves out what a run does with it (patience, best
// weights, metrics), which is the loop's.
import type { Batch } from '@lilformer/datasets';
import { tf } from '@lilformer/engine';
import type { LanguageModel } from '@lilformer/models';
import { breathe } from './breathe.js';

/** Result of an evaluation. */
export interface Evaluation {
  /** Mean cross entropy over all tokens, in nats a token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Number of targets the mean is over. */
  readonly tokens: number;
}

/**
 * Mean loss of a model over batches, each token counted alike, in evaluation mode. The model is left
 * in the mode it was in. Lets the event loop run between batches.
 *
 * @throws the signal's reason once it is aborted; Error when there is no batch
 */
export async function evaluate(
  model: LanguageModel,
  batches: Iterable<Batch>,
  options: { signal?: AbortSignal } = {},
): Promise<Evaluation> {
  let sum = 0;
  let tokens = 0;
  for (const batch of batches) {
    options.signal?.throwIfAborted();
    sum += lossOf(model, batch) * batch.targets.length;
    tokens += batch.targets.length;
    await breathe();
  }
  if (tokens === 0) throw new Error('evaluation over no batches: give at least one');
  return { loss: sum / tokens, perplexity: Math.exp(sum / tokens), tokens };
}

function lossOf(model: LanguageModel, { inputs, targets, batch, length }: Batch): number {
  return model.evaluating(() =>
    tf.tidy(() => {
      const ids = tf.tensor2d(inputs, [batch, length], 'int32');
      return model.loss(ids, tf.tensor2d(targets, [batch, length], 'int32')).dataSync()[0];
    }),
  );
}
