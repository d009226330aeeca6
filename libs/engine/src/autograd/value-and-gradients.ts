// Backward pass over TensorFlow.js's tape. `tf.variableGrads` keeps all saved tensors and gradients until the end; here
// those of an operation are disposed right after it, which saves most of a training step's memory.
import { alias, engineState, inScope, type TapeNode } from './tape.js';
import { tf } from '../tf.js';

/** Options of `valueAndGradients`. */
export interface GradientOptions {
  /** Factor on the gradients, but not on the value. Default 1. */
  readonly weight?: number;
  /**
   * Adds two gradients that belong to the caller: may overwrite and return one of them, or return a new tensor. Default
   * `tf.add`.
   */
  readonly add?: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
}

/** The result of `valueAndGradients`. */
export interface ValueAndGradients {
  readonly value: number;
  /** For each variable; undefined if the value does not depend on it. The caller disposes them. */
  readonly gradients: (tf.Tensor | undefined)[];
}

/**
 * Computes the value of `f` and its gradients with respect to variables, as `tf.variableGrads` in less memory. All other
 * tensors are disposed, also when it throws.
 *
 * @param f returns a float32 scalar; it may use `tf.grad`
 * @param variables trainable or not
 * @throws Error when called inside another gradient, when `f` does not return a scalar, when the scalar depends on none
 *   of the variables, or when an operation has no gradient
 */
export function valueAndGradients(
  f: () => tf.Scalar,
  variables: readonly tf.Variable[],
  options: GradientOptions = {},
): ValueAndGradients {
  if (engineState().gradientDepth > 0) {
    throw new Error(
      'valueAndGradients was called inside another gradient. Use tf.grads there: it has second derivatives.',
    );
  }
  return inScope(
    () => {
      try {
        const loss = record(f);
        const found = backward(loss, variables, options);
        const gradients = variables.map(({ id }) => found.get(id));
        if (variables.length > 0 && gradients.every((gradient) => gradient === undefined)) {
          throw new Error(
            'the loss depends on none of the variables. Check that the function uses them, in operations with a gradient.',
          );
        }
        return { value: loss.dataSync()[0], gradients };
      } finally {
        const state = engineState();
        for (const node of state.activeTape ?? []) forget(node);
        state.activeTape = null;
      }
    },
    ({ gradients }) => gradients.filter((gradient) => gradient !== undefined),
  );
}

/** Runs `f` and records its operations. */
function record(f: () => tf.Scalar): tf.Scalar {
  const engine = tf.engine() as unknown as { startTape(): void; endTape(): void };
  engine.startTape();
  try {
    const loss = inScope(f, (loss) => (loss instanceof tf.Tensor ? [loss] : []));
    if (!(loss instanceof tf.Tensor) || loss.rank !== 0 || loss.dtype !== 'float32') {
      const given = loss instanceof tf.Tensor ? `${loss.dtype} of shape [${loss.shape}]` : typeof loss;
      throw new Error(`the differentiated function returned ${given}, expected a float32 scalar`);
    }
    return loss;
  } finally {
    engine.endTape();
  }
}

/** Gradients by tensor id of all tensors that no operation made, such as variables. */
function backward(
  loss: tf.Scalar,
  variables: readonly tf.Variable[],
  { weight = 1, add = tf.add }: GradientOptions,
): Map<number, tf.Tensor> {
  const tape = engineState().activeTape!;
  const dependent = new Set(variables.map(({ id }) => id)); // tensors that depend on a variable
  for (const node of tape) {
    if (dependsOn(dependent, node.inputs)) {
      // Indices and conditions have no derivative.
      for (const { id, dtype } of node.outputs) if (dtype === 'float32') dependent.add(id);
    } else {
      forget(node);
    }
  }
  const gradients = new Map<number, tf.Tensor>();
  gradients.set(loss.id, tf.fill([], weight, 'float32'));
  for (let node = tape.pop(); node !== undefined; node = tape.pop()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    let found: [number, tf.Tensor][] = [];
    try {
      if (dys.some((dy) => dy !== null)) found = gradientsOf(node, dys, dependent);
    } finally {
      forget(node);
    }
    for (const { id } of node.outputs) {
      gradients.get(id)?.dispose();
      gradients.delete(id);
    }
    for (const [id, gradient] of found) {
      const before = gradients.get(id);
      if (before === undefined) {
        gradients.set(id, gradient);
        continue;
      }
      const sum = add(before, gradient);
      gradients.set(id, sum);
      for (const part of [before, gradient]) if (part !== sum) part.dispose();
    }
  }
  return gradients;
}

function dependsOn(dependent: ReadonlySet<number>, inputs: Readonly<Record<string, tf.Tensor>>): boolean {
  for (const name in inputs) if (dependent.has(inputs[name].id)) return true;
  return false;
}

/** Gradients of an operation's inputs by tensor id, each a tensor of its own. */
function gradientsOf(
  node: TapeNode,
  dys: readonly (tf.Tensor | null)[],
  dependent: ReadonlySet<number>,
): [number, tf.Tensor][] {
  const { kernelName, inputs, gradient } = node;
  const wanted = Object.keys(inputs).filter((name) => dependent.has(inputs[name].id));
  if (wanted.length === 0) return [];
  if (!gradient)
    throw new Error(`the operation ${kernelName} has no gradient. Compose it of operations that have one.`);
  return inScope(
    (scopeId) => {
      const compute = gradient([...dys], wanted);
      const taken = new Set<tf.Tensor>();
      return wanted.map((name): [number, tf.Tensor] => {
        const x = inputs[name];
        if (!(name in compute)) throw new Error(`the gradient of ${kernelName} lacks its input ${name}`);
        const dx = inScope(compute[name], (dx) => [dx]);
        if (dx.dtype !== 'float32' || !tf.util.arraysEqual(dx.shape, x.shape)) {
          throw new Error(
            `the gradient of ${kernelName} for its input ${name} is ${dx.dtype} of shape [${dx.shape}], ` +
              `expected float32 of shape [${x.shape}]`,
          );
        }
        // A gradient passed through unchanged, or used for two inputs, gets a tensor of its own.
        const own = dx.scopeId === scopeId && !dx.kept && !taken.has(dx) ? dx : alias(dx);
        taken.add(own);
        return [x.id, own];
      });
    },
    (found) => found.map(([, gradient]) => gradient),
  );
}

/** Disposes the tensors saved for an operation's gradient. */
function forget(node: TapeNode): void {
  for (const tensor of node.saved) tensor.dispose();
  node.saved.length = 0;
}
