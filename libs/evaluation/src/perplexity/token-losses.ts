import type { Batch } from '@lilformer/datasets';
import type { ForwardOptions } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import { crossEntropy } from '@lilformer/ops';
import { idTensor, valuesOf } from '../tensor-values.js';

/**
 * Cross entropy of each target in nats, in evaluation mode.
 *
 * @param options.lastOnly only the last position of each row
 * @param options.cache the tokens before; advances by this batch
 * @returns `[B · T]` row by row; with `lastOnly` `[B]`
 */
export function tokenLosses(
  model: LanguageModel,
  { inputs, targets, batch, length }: Batch,
  options: Pick<ForwardOptions, 'cache' | 'lastOnly'> = {},
): Promise<Float32Array> {
  const wanted = options.lastOnly ? targets.filter((_, i) => i % length === length - 1) : targets;
  return valuesOf(() =>
    model.evaluating(() => {
      const logits = model.forward(idTensor(inputs, batch), options);
      return crossEntropy(logits, idTensor(wanted, batch), { reduction: 'none' });
    }),
  );
}
