// TensorFlow.js's internal state for gradients: the tape and the scopes that own tensors. It has no public API, so all
// access is here.
import { tf } from '../tf.js';

/** A recorded operation. */
export interface TapeNode {
  id: number;
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  /** Tensors kept for the gradient, owned by the node. */
  saved: tf.Tensor[];
  /**
   * Takes the gradient of each output (null if there is none) and returns a function for each input's gradient.
   * `wanted` names the inputs that need one; tfjs's own backward pass leaves it out.
   */
  gradient?: (dys: (tf.Tensor | null)[], wanted?: readonly string[]) => Record<string, () => tf.Tensor>;
}

type State = Omit<ReturnType<typeof tf.engine>['state'], 'activeTape'> & { activeTape: TapeNode[] | null };

/** The current state. Not to be stored: `tf.engine().reset()` replaces it. */
export function engineState(): State {
  return tf.engine().state as State;
}

/** Whether operations are being recorded for a gradient. */
export function isRecording(): boolean {
  const state = engineState();
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

/** Runs `f` without recording operations. */
export function withoutRecording<Result>(f: () => Result): Result {
  const state = engineState();
  state.kernelDepth++;
  try {
    return f();
  } finally {
    state.kernelDepth--;
  }
}

/**
 * Records an operation.
 *
 * @param saved kept tensors for the gradient; the tape disposes them
 * @param gradient see {@link TapeNode}; inputs are named by index: `0`, `1`, …
 */
export function record(
  name: string,
  inputs: readonly tf.Tensor[],
  outputs: tf.Tensor[],
  saved: tf.Tensor[],
  gradient: NonNullable<TapeNode['gradient']>,
): void {
  const state = engineState();
  const named: Record<string, tf.Tensor> = {};
  for (let i = 0; i < inputs.length; i++) named[i] = inputs[i];
  state.activeTape!.push({
    id: state.nextTapeNodeId++,
    kernelName: name,
    inputs: named,
    outputs,
    saved,
    gradient,
  });
}

/** Another tensor on the same memory; `tf.clone` without recording. */
export function alias(tensor: tf.Tensor): tf.Tensor {
  const { dataId, shape, dtype } = tensor;
  const backend = engineState().tensorInfo.get(dataId)!.backend;
  backend.incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }, backend);
}

/**
 * Runs `f` and disposes the tensors that it made, except those that `kept` selects from its result; `tf.tidy` at a
 * fraction of the cost.
 *
 * @param f takes the scope's id, which is the `scopeId` of the tensors it makes
 */
export function inScope<Result>(
  f: (scopeId: number) => Result,
  kept: (result: Result) => readonly tf.Tensor[],
): Result {
  const state = engineState();
  tf.engine().startScope();
  const scope = state.activeScope;
  let survivors: readonly tf.Tensor[] = [];
  try {
    const result = f(scope.id);
    survivors = kept(result);
    return result;
  } finally {
    state.scopeStack.pop();
    const parent = state.scopeStack.at(-1) ?? null;
    state.activeScope = parent!;
    for (const tensor of scope.track) {
      if (!tensor.kept && !survivors.includes(tensor)) tensor.dispose();
    }
    for (const tensor of survivors) {
      if (!parent || tensor.kept || tensor.scopeId !== scope.id) continue;
      tensor.scopeId = parent.id;
      parent.track.push(tensor);
    }
  }
}

/** `tf.tidy` for a function that returns a tensor or a list of tensors, at a third of its cost. */
export function tidy<Result extends tf.Tensor | readonly tf.Tensor[]>(f: () => Result): Result {
  return inScope(f, listed);
}

/** A tensor or a list of tensors as a list. */
export function listed(result: tf.Tensor | readonly tf.Tensor[]): readonly tf.Tensor[] {
  return result instanceof tf.Tensor ? [result] : result;
}
