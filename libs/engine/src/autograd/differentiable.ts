// Operations with a gradient of their own, as `tf.customGrad`, at less cost: nothing is recorded when no gradient will be
// asked for, and gradients are computed only for inputs that need one. There is no second derivative.
import { tf } from '../tf.js';
import { SavedTensors, type Recompute } from './saved-tensors.js';
import { alias, inScope, isRecording, listed, record, withoutRecording } from './tape.js';

/** Saves tensors for the gradient: inputs, outputs or others. To be called at most once. */
type Save = (...tensors: tf.Tensor[]) => void;

/** A gradient, or a function that computes it if it is needed; undefined for an input that needs none. */
type Gradient = tf.Tensor | (() => tf.Tensor) | undefined;

/** The gradients of the outputs; undefined for an output that the loss does not depend on. */
type GradientOf<Output> = Output extends tf.Tensor ? tf.Tensor : (tf.Tensor | undefined)[];

/**
 * Runs an operation and records its gradient if one will be asked for.
 *
 * @param name for messages
 * @param inputs the differentiable inputs
 * @param forward returns one output or several. `save` is undefined if no gradient will be asked for. Other tensors that
 *   it makes are disposed
 * @param backward returns the gradient of each input, from those of the outputs and the saved tensors. `wanted(i)` tells
 *   whether input i needs one. Other tensors that it makes are disposed
 * @param recompute how to recompute the first output instead of keeping it for the operations that save it
 * @returns what `forward` returned
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
  recompute?: Recompute,
): Output {
  if (!isRecording()) return inScope((scopeId) => owned(forward(undefined), scopeId), listed);
  const saved = new SavedTensors();
  const value = withoutRecording(() =>
    inScope((scopeId) => {
      let toSave: tf.Tensor[] = [];
      const value = owned(
        forward((...tensors) => (toSave = tensors)),
        scopeId,
      );
      const outputs = listed(value);
      saved.save(toSave, (tensor) => (outputs.includes(tensor) ? alias(tensor) : own(tensor, scopeId)));
      if (recompute) saved.offer(outputs[0], recompute);
      return value;
    }, listed),
  );
  record(name, inputs, listed(value) as tf.Tensor[], saved.held, (dys, names) => {
    const dy = (Array.isArray(value) ? dys.map((dy) => dy ?? undefined) : dys[0]) as GradientOf<Output>;
    const gradients = withoutSecondDerivative(name, inputs, dys, () =>
      backward(dy, saved.restore(), (input) => names?.includes(String(input)) ?? true),
    );
    if (gradients.length !== inputs.length) {
      throw new Error(
        `${name}: ${gradients.length} gradients for ${inputs.length} inputs, expected one for each`,
      );
    }
    // tfjs disposes gradients once added up, and the saved tensors: each input gets a tensor of its own.
    const taken = new Set<tf.Tensor | null>([...dys, ...saved.held]);
    const fresh = (gradient: tf.Tensor): tf.Tensor => {
      if (taken.has(gradient)) return isRecording() ? tf.clone(gradient) : alias(gradient);
      taken.add(gradient);
      return gradient;
    };
    const named: Record<string, () => tf.Tensor> = {};
    gradients.forEach((gradient, i) => {
      named[i] = () => {
        if (gradient === undefined) throw new Error(`${name}: input ${i} has no gradient`);
        if (typeof gradient !== 'function') return fresh(gradient);
        return fresh(withoutSecondDerivative(name, inputs, dys, () => [gradient()])[0]);
      };
    });
    return named;
  });
  return value;
}

/** Outputs made by the operation itself: an input returned as it is would depend on itself on the tape. */
function owned<Output extends tf.Tensor | tf.Tensor[]>(value: Output, scopeId: number): Output {
  return (Array.isArray(value) ? value.map((tensor) => own(tensor, scopeId)) : own(value, scopeId)) as Output;
}

function own(tensor: tf.Tensor, scopeId: number): tf.Tensor {
  return tensor.scopeId === scopeId && !tensor.kept ? tensor : alias(tensor);
}

/** Runs a part of a gradient. Inside another `tf.grad`, its own gradient is an error instead of silently wrong. */
function withoutSecondDerivative<Part extends readonly Gradient[]>(
  name: string,
  inputs: readonly tf.Tensor[],
  dys: readonly (tf.Tensor | null)[],
  run: () => Part,
): Part {
  if (!isRecording()) return run();
  const part = withoutRecording(run);
  const outputs = part.filter((gradient) => gradient instanceof tf.Tensor);
  const sources = [...inputs, ...dys.filter((dy) => dy !== null)];
  record(`gradient of ${name}`, sources, outputs, [], () => {
    throw new Error(`${name} has no second derivative; use plain TensorFlow.js operations for one`);
  });
  return part;
}
