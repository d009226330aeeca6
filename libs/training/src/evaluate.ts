// The mean loss of a model over batches.
import type { Batch } from '@lilformer/datasets';
import { tf, yieldToEventLoop } from '@lilformer/engine';
import type { LanguageModel } from '@lilformer/models';
import { checkOptionNames } from '@lilformer/tokenizers';

/** Result of {@link evaluate}. */
export interface Evaluation {
  /** Mean cross-entropy over all targets, in nats per token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Number of targets. */
  readonly tokens: number;
}

/**
 * Evaluates a model over batches in evaluation mode; every token has the same weight. Yields to the event loop between
 * batches.
 *
 * @throws the signal's reason once it is aborted; Error when there is no batch
 */
export async function evaluate(
  model: LanguageModel,
  batches: Iterable<Batch>,
  options: { signal?: AbortSignal } = {},
): Promise<Evaluation> {
  checkOptionNames(options, ['signal']);
  let sum = 0;
  let tokens = 0;
  for (const batch of batches) {
    options.signal?.throwIfAborted();
    sum += (await batchLoss(model, batch)) * batch.targets.length;
    tokens += batch.targets.length;
    await yieldToEventLoop();
  }
  if (tokens === 0) throw new Error('batches: none. Expected at least one batch to evaluate.');
  return { loss: sum / tokens, perplexity: Math.exp(sum / tokens), tokens };
}

async function batchLoss(model: LanguageModel, { inputs, targets, batch, length }: Batch): Promise<number> {
  const loss = model.evaluating(() =>
    tf.tidy(() =>
      model.loss(
        tf.tensor2d(inputs, [batch, length], 'int32'),
        tf.tensor2d(targets, [batch, length], 'int32'),
      ),
    ),
  );
  const [value] = await loss.data();
  loss.dispose();
  return value;
}
