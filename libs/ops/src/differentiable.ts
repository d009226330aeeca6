// An operation with its own gradient. Does what `tf.customGrad` does with less around it: straight to the forward
// pass when no gradient is being recorded, and gradients that are computed only for the inputs that want one.
// Leaves out gradients of gradients, and says so when one is asked for.
import { alias, inScope, isRecording, record, tf, withoutRecording } from '@lilformer/engine';
import { Kept, type Again } from './kept.js';

/** Keeps tensors for the gradient: inputs, outputs or others. Call it at most once. */
export type Save = (...tensors: tf.Tensor[]) => void;

/** A gradient, or how to compute it: a function runs only when somebody wants that input's gradient. */
export type Gradient = tf.Tensor | (() => tf.Tensor);

/** The gradient of what an operation gave: of each output, undefined where nothing depends on it. */
export type GradientOf<Output> = Output extends tf.Tensor ? tf.Tensor : (tf.Tensor | undefined)[];

/**
 * Runs an operation, and records it when a gradient will be asked for.
 *
 * @param name for messages
 * @param inputs those that have a gradient; everything else the two functions close over
 * @param forward gives one output, or several; what else it makes is disposed. `save` is there when a gradient will
 *   be asked for, so `if (save)` is where to compute what only the gradient needs
 * @param backward gives the gradient of each input, in order, from those of the outputs and the saved tensors; what
 *   else it makes is disposed, and so are the saved tensors after it. `wanted` tells whether anybody will ask for an
 *   input's gradient: what computes several at once looks there
 * @param again how to compute an output again, if that is cheap: operations that save it then keep the way to it
 * @returns what `forward` gave
 */
export function differentiable<Output extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: readonly tf.Tensor[],
  forward: (save: Save | undefined) => Output,
  backward: (
    dy: GradientOf<Output>,
    saved: tf.Tensor[],
    wanted: (input: number) => boolean,
  ) => readonly Gradient[],
  again?: Again,
): Output {
  if (!isRecording()) return inScope((scopeId) => owned(forward(undefined), scopeId), listed);
  const kept = new Kept();
  const value = withoutRecording(() =>
    inScope((scopeId) => {
      let toSave: tf.Tensor[] = [];
      const value = owned(
        forward((...tensors) => (toSave = tensors)),
        scopeId,
      );
      const outputs = listed(value);
      kept.fill(toSave, (tensor) => (outputs.includes(tensor) ? alias(tensor) : own(tensor, scopeId)));
      if (again) kept.offer(outputs, again);
      return value;
    }, listed),
  );
  record(name, inputs, listed(value), kept.tensors, (dys, names) => {
    const dy = (Array.isArray(value) ? dys.map((dy) => dy ?? undefined) : dys[0]) as GradientOf<Output>;
    const gradients = shielded(name, inputs, dys, () =>
      backward(dy, kept.restored(), (input) => names?.includes(String(input)) ?? true),
    );
    if (gradients.length !== inputs.length) {
      throw new Error(
        `${name}: ${gradients.length} gradients for ${inputs.length} inputs, expected one for each`,
      );
    }
    // tfjs disposes gradients that it has added to others, and the saved tensors: each input gets a tensor of its own.
    const taken = new Set<tf.Tensor | null>([...dys, ...kept.tensors]);
    const fresh = (gradient: tf.Tensor): tf.Tensor => {
      if (taken.has(gradient)) return isRecording() ? tf.clone(gradient) : alias(gradient);
      taken.add(gradient);
      return gradient;
    };
    const named: Record<string, () => tf.Tensor> = {};
    gradients.forEach((gradient, i) => {
      named[i] =
        typeof gradient === 'function'
          ? () => fresh(shielded(name, inputs, dys, () => [gradient()])[0] as tf.Tensor)
          : () => fresh(gradient);
    });
    return named;
  });
  return value;
}

/** The output, made by the operation itself: an input given back as it is would lead to itself on the tape. */
function owned<Output extends tf.Tensor | tf.Tensor[]>(value: Output, scopeId: number): Output {
  return (Array.isArray(value) ? value.map((tensor) => own(tensor, scopeId)) : own(value, scopeId)) as Output;
}

function own(tensor: tf.Tensor, scopeId: number): tf.Tensor {
  return tensor.scopeId === scopeId && !tensor.kept ? tensor : alias(tensor);
}

function listed(value: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(value) ? value : [value];
}

/** Runs a part of a gradient; a gradient of it, inside another `tf.grad`, is an error and not silently wrong. */
function shielded<Part extends readonly Gradient[]>(
  name: string,
  inputs: readonly tf.Tensor[],
  dys: readonly (tf.Tensor | null)[],
  run: () => Part,
): Part {
  if (!isRecording()) return run();
  const part = withoutRecording(run);
  const outputs = part.filter((gradient): gradient is tf.Tensor => typeof gradient !== 'function');
  const sources = [...inputs, ...dys.filter((dy) => dy !== null)];
  record(`gradient of ${name}`, sources, outputs, [], () => {
    throw new Error(`${name} has no second derivative: take gradients of gradients with plain operations`);
  });
  return part;
}
