// What TensorFlow.js keeps while it records for a gradient: the tape, and the scopes that own tensors. It has no
// public name there, so everything of the house that needs it goes through here. Leaves out the walk back along
// the tape (value-and-gradients.ts) and what operations record (differentiable.ts in ops).
import { tf } from './tf.js';

/** One recorded operation. */
export interface TapeNode {
  id: number;
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  /** Tensors kept for the gradient, the node's own. */
  saved: tf.Tensor[];
  /**
   * Takes the gradient of each output, null where nothing came back; gives a function for each input's gradient.
   * `wanted` names the inputs that will be asked for, where that is known: tfjs's own walk does not say.
   */
  gradient?: (dys: (tf.Tensor | null)[], wanted?: readonly string[]) => Record<string, () => tf.Tensor>;
}

/** The engine's state as far as gradients are concerned. */
type State = Omit<ReturnType<typeof tf.engine>['state'], 'activeTape'> & { activeTape: TapeNode[] | null };

/** The present state; `tf.engine().reset()` makes a new one, so nobody keeps it. */
export function engineState(): State {
  return tf.engine().state as State;
}

/** Whether an operation called now has to be recorded, because a gradient will be asked for. */
export function isRecording(): boolean {
  const state = engineState();
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

/** Runs `f`; no operation in it is recorded. */
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
 * Records an operation that was run without recording its parts.
 *
 * @param saved tensors for the gradient, kept; the tape disposes them
 * @param gradient see {@link TapeNode}; inputs are named by their places, `0`, `1`, …
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

/** Another tensor on the same memory, as `tf.clone` gives it, but never recorded. */
export function alias(tensor: tf.Tensor): tf.Tensor {
  const { dataId, shape, dtype } = tensor;
  const backend = engineState().tensorInfo.get(dataId)!.backend;
  backend.incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }, backend);
}

/**
 * Runs `f` and disposes every tensor that it made, but for those that `kept` picks from its result: `tf.tidy` at
 * a fraction of the cost, for code that runs once an operation.
 *
 * @param f gets the scope's id, which is the `scopeId` of the tensors it makes
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

/** `tf.tidy` for a function that gives a tensor or a list of them, at a third of its cost. */
export function tidy<Result extends tf.Tensor | readonly tf.Tensor[]>(f: () => Result): Result {
  return inScope(f, listed);
}

function listed(result: tf.Tensor | readonly tf.Tensor[]): readonly tf.Tensor[] {
  return result instanceof tf.Tensor ? [result] : result;
}
