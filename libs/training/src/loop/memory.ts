// A lower bound of the memory of a training step, compared with what the process may use: beyond it, the system would end
// the process without a message.
import { machineMemory } from '@lilformer/engine';
import { Linear } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import type { Windows } from '@lilformer/datasets';
import type { CheckedOptions } from './options.js';

const FLOAT = 4;

/** What the memory of a step depends on besides the model. */
interface StepSizes extends Pick<CheckedOptions, 'optimizer' | 'batchSize'> {
  readonly train: Pick<Windows, 'count' | 'length'>;
}

/** Bytes of weights, gradients, moments of the optimizer and the outputs of linear layers, which the backward pass needs. */
export function leastMemory(model: LanguageModel, { optimizer, batchSize, train }: StepSizes): number {
  const moments = optimizer.type === 'sgd' ? 0 : 2;
  let outputs = 0;
  for (const [name, layer] of model.namedModules()) {
    // The loss may be computed without all logits, and an expert may see few tokens.
    if (!(layer instanceof Linear) || /expert/.test(name)) continue;
    const [out] = layer.weight.shape;
    if (out !== model.vocabSize) outputs += out;
  }
  const tokens = Math.min(batchSize, train.count) * train.length;
  return FLOAT * (model.parameterCount() * (2 + moments) + tokens * outputs);
}

/** @throws RangeError when a step needs more memory than there is */
export function checkMemory(model: LanguageModel, options: StepSizes, limit = machineMemory()): void {
  const least = leastMemory(model, options);
  if (least <= limit) return;
  const [needed, available] = [least, limit].map((bytes) => `${(bytes / 1e9).toPrecision(3)} GB`);
  throw new RangeError(
    `batchSize: ${options.batchSize} windows of ${options.train.length} tokens need at least ${needed} of memory with this model. ` +
      `Expected at most ${available}, the limit here. Lower the batch size (and accumulate gradients), the window or the model's size.`,
  );
}
