// What a model says to each token of a batch by itself. Leaves out means, which depend on the protocol (perplexity.ts).
import type { Batch } from '@lilformer/datasets';
import { tf } from '@lilformer/engine';
import type { ForwardOptions, LanguageModel } from '@lilformer/models';
import { crossEntropy } from '@lilformer/ops';
import { valuesOf } from './values.js';

/**
 * The cross entropy of each target, in nats, in evaluation mode; no tensor stays behind.
 *
 * @param options.lastOnly only those of the last places, one for each row
 * @param options.cache what came before; it goes on by this batch
 * @returns [B · T], row by row; with `lastOnly` [B]
 */
export function tokenLosses(
  model: LanguageModel,
  { inputs, targets, batch, length }: Batch,
  options: Pick<ForwardOptions, 'cache' | 'lastOnly'> = {},
): Float32Array {
  const wanted = options.lastOnly ? targets.filter((_, i) => i % length === length - 1) : targets;
  return model.evaluating(() =>
    valuesOf(() => {
      const logits = model.forward(tf.tensor2d(inputs, [batch, length], 'int32'), options);
      const answers = tf.tensor2d(wanted, [batch, wanted.length / batch], 'int32');
      return crossEntropy(logits, answers, { reduction: 'none' });
    }),
  );
}
