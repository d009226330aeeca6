// Loss and gradients of one step, over one or several batches (gradient accumulation).
import type { Batch } from '@lilformer/datasets';
import { tf, valueAndGradients } from '@lilformer/engine';
import type { Parameter } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import { addGradients } from '@lilformer/ops';

/** Loss and gradients of a step. The caller disposes the gradients. */
interface StepGradients {
  /** Mean cross-entropy over the targets of all batches, in nats per token. */
  readonly loss: number;
  /** Gradients of that loss by parameter name; a parameter that the loss does not depend on has none. */
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Computes the mean loss over batches and its gradients, equal up to rounding to those of one large batch: every target has
 * the same weight.
 *
 * @param parameters by name; those that are not trainable are left out
 * @param batches at least one
 */
export function lossAndGradients(
  model: LanguageModel,
  parameters: ReadonlyMap<string, Parameter>,
  batches: readonly Batch[],
): StepGradients {
  const trained = [...parameters].filter(([, parameter]) => parameter.trainable);
  const total = batches.reduce((sum, batch) => sum + batch.targets.length, 0);
  const gradients = new Map<string, tf.Tensor>();
  let loss = 0;
  try {
    for (const batch of batches) {
      const weight = batch.targets.length / total;
      loss += weight * addBatch(model, trained, batch, weight, gradients);
    }
    return { loss, gradients };
  } catch (error) {
    tf.dispose([...gradients.values()]);
    throw error;
  }
}

/** Adds the gradients of `weight` times the loss of a batch to `sums`; returns the loss. */
function addBatch(
  model: LanguageModel,
  trained: readonly [string, Parameter][],
  { inputs, targets, batch, length }: Batch,
  weight: number,
  sums: Map<string, tf.Tensor>,
): number {
  return tf.tidy(() => {
    const ids = tf.tensor2d(inputs, [batch, length], 'int32');
    const next = tf.tensor2d(targets, [batch, length], 'int32');
    const { value, gradients } = valueAndGradients(
      () => model.loss(ids, next),
      trained.map(([, parameter]) => parameter.variable),
      { weight, add: addGradients },
    );
    trained.forEach(([name], i) => {
      const gradient = gradients[i];
      if (!gradient) return;
      const before = sums.get(name);
      const sum = before ? addGradients(before, gradient) : gradient;
      sums.set(name, tf.keep(sum));
      for (const part of [before, gradient]) if (part && part !== sum) part.dispose();
    });
    return value;
  });
}
