// Loss and gradients of one step, over one batch or over several whose mean counts as one large
// batch (gradient accumulation). Leaves out clipping and the update.
import type { Batch } from '@lilformer/datasets';
import { tf, valueAndGradients } from '@lilformer/engine';
import type { Parameter } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import { addGradients } from '@lilformer/ops';

/** What one step needs. The gradients are the caller's to dispose. */
export interface StepGradients {
  /** Mean cross entropy over the targets of all micro-batches, in nats a token. */
  readonly loss: number;
  /** Gradient of that loss by parameter name; a parameter that the loss does not depend on has none. */
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * The mean loss over micro-batches and its gradients, equal up to rounding to those of one batch
 * that holds them all: a micro-batch weighs as much as it has targets.
 *
 * @param parameters what to derive by, by name; those that are not trainable are left out
 * @param batches at least one
 */
export function lossAndGradients(
  model: LanguageModel,
  parameters: ReadonlyMap<string, Parameter>,
  batches: readonly Batch[],
): StepGradients {
  const total = batches.reduce((sum, batch) => sum + batch.targets.length, 0);
  const sums = new Map<string, tf.Tensor>();
  let loss = 0;
  try {
    for (const batch of batches) {
      const weight = batch.targets.length / total;
      const part = ofBatch(model, parameters, batch, weight);
      loss += part.loss * weight;
      addInto(sums, part.gradients);
    }
    return { loss, gradients: sums };
  } catch (error) {
    tf.dispose([...sums.values()]);
    throw error;
  }
}

/** The loss of one batch, and the gradients of `weight` times that loss. */
function ofBatch(
  model: LanguageModel,
  parameters: ReadonlyMap<string, Parameter>,
  { inputs, targets, batch, length }: Batch,
  weight: number,
): StepGradients {
  const trained = [...parameters].filter(([, parameter]) => parameter.trainable);
  const gradients = new Map<string, tf.Tensor>();
  const loss = tf.tidy(() => {
    const ids = tf.tensor2d(inputs, [batch, length], 'int32');
    const next = tf.tensor2d(targets, [batch, length], 'int32');
    const { value, gradients: found } = valueAndGradients(
      () => model.loss(ids, next),
      trained.map(([, parameter]) => parameter.variable),
      { weight, add: addGradients },
    );
    trained.forEach(([name], i) => {
      const gradient = found[i];
      if (gradient) gradients.set(name, tf.keep(gradient));
    });
    return value;
  });
  return { loss, gradients };
}

/** Adds `part` to `sums`, in place; takes over the tensors of `part`. */
function addInto(sums: Map<string, tf.Tensor>, part: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, gradient] of part) {
    const before = sums.get(name);
    if (before === undefined) {
      sums.set(name, gradient);
    } else {
      const sum = addGradients(before, gradient);
      sums.set(name, tf.keep(sum));
      for (const part of [before, gradient]) if (part !== sum) part.dispose();
    }
  }
}
