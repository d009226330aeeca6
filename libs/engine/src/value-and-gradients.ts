// A loss and its gradients by the variables, with a walk of our own back along TensorFlow.js's tape. `tf.variableGrads`
// keeps every saved tensor and every gradient until the walk is over; here an operation's saved tensors and the
// gradients of its outputs are gone as soon as the walk is past it, which is most of a training step's memory.
// Leaves out gradients of these gradients.
import { alias, engineState, inScope, type TapeNode } from './tape.js';
import { tf } from './tf.js';

/** What `valueAndGradients` may be told. */
export interface GradientOptions {
  /** The gradients are those of the value times this; the value itself stays. Default 1. */
  readonly weight?: number;
  /**
   * Adds two gradients of one tensor, both of which nobody else has: may change one of them and give it back, or give
   * a new tensor. Default `tf.add`.
   */
  readonly add?: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
}

/** What `valueAndGradients` gives. */
export interface ValueAndGradients {
  readonly value: number;
  /** Beside the variables; undefined where the value does not depend on the variable. The caller's to dispose. */
  readonly gradients: (tf.Tensor | undefined)[];
}

/** Gradients of outputs of the operation that the walk is at. */
let passing: readonly (tf.Tensor | null)[] = [];

/**
 * Whether `dy`, given to an operation's gradient, will not be read again once that gradient is computed, so that it
 * may be overwritten (where its memory is not another tensor's as well). Never true under `tf.grad` and its kin.
 */
export function isLastUseOf(dy: tf.Tensor): boolean {
  return passing.includes(dy);
}

/**
 * The value of `f` and its gradients by variables, as `tf.variableGrads` gives them but in less memory. Whether `f`
 * gives a result or throws, no tensor but the gradients stays behind.
 *
 * @param f gives a float32 scalar; gradients inside it (`tf.grad`) are allowed
 * @param variables what to derive by, trainable or not
 * @throws Error when called inside of another gradient, when `f` gives anything but a scalar, when the scalar depends
 *   on none of the variables, or when an operation on the way has no gradient
 */
export function valueAndGradients(
  f: () => tf.Scalar,
  variables: readonly tf.Variable[],
  options: GradientOptions = {},
): ValueAndGradients {
  if (engineState().gradientDepth > 0) {
    throw new Error(
      'valueAndGradients inside of another gradient: use tf.grads there, whose gradients have gradients',
    );
  }
  return inScope(
    () => {
      try {
        const loss = record(f);
        const found = walkBack(loss, variables, options);
        const gradients = variables.map(({ id }) => found.get(id));
        if (variables.length > 0 && gradients.every((gradient) => gradient === undefined)) {
          throw new Error(
            'the loss depends on none of the variables: are they used in the function, by operations with a gradient?',
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

/** Runs `f` with the tape on. */
function record(f: () => tf.Scalar): tf.Scalar {
  const engine = tf.engine() as unknown as { startTape(): void; endTape(): void };
  engine.startTape();
  try {
    const loss = inScope(f, (loss) => (loss instanceof tf.Tensor ? [loss] : []));
    if (!(loss instanceof tf.Tensor) || loss.rank !== 0 || loss.dtype !== 'float32') {
      const given = loss instanceof tf.Tensor ? `${loss.dtype} of shape [${loss.shape}]` : typeof loss;
      throw new Error(`the function to derive gave ${given}, expected a float32 scalar`);
    }
    return loss;
  } finally {
    engine.endTape();
  }
}

/** Gradients by tensor id of all tensors that no operation made: the variables' are among them. */
function walkBack(
  loss: tf.Scalar,
  variables: readonly tf.Variable[],
  { weight = 1, add = tf.add }: GradientOptions,
): Map<number, tf.Tensor> {
  const tape = engineState().activeTape!;
  const varying = new Set(variables.map(({ id }) => id)); // tensors that depend on a variable
  for (const node of tape) {
    if (dependsOn(varying, node.inputs)) {
      for (const { id } of node.outputs) varying.add(id);
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
      if (dys.some((dy) => dy !== null)) found = gradientsOf(node, dys, varying);
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

function dependsOn(varying: ReadonlySet<number>, inputs: Readonly<Record<string, tf.Tensor>>): boolean {
  for (const name in inputs) if (varying.has(inputs[name].id)) return true;
  return false;
}

/** Gradients of an operation's inputs, by tensor id; each a tensor that nobody else has. */
function gradientsOf(
  node: TapeNode,
  dys: readonly (tf.Tensor | null)[],
  varying: ReadonlySet<number>,
): [number, tf.Tensor][] {
  const { kernelName, inputs, gradient } = node;
  const wanted = Object.keys(inputs).filter((name) => varying.has(inputs[name].id));
  if (wanted.length === 0) return [];
  if (!gradient)
    throw new Error(`the operation ${kernelName} has no gradient; compose it of others, or give it one`);
  passing = dys;
  try {
    return inScope(
      (scopeId) => {
        const compute = gradient([...dys], wanted);
        const taken = new Set<tf.Tensor>();
        return wanted.map((name): [number, tf.Tensor] => {
          const x = inputs[name];
          if (!(name in compute))
            throw new Error(`the gradient of ${kernelName} has none for its input ${name}`);
          const dx = inScope(compute[name], (dx) => [dx]);
          if (dx.dtype !== 'float32' || !tf.util.arraysEqual(dx.shape, x.shape)) {
            throw new Error(
              `the gradient of ${kernelName} for its input ${name} is ${dx.dtype} of shape [${dx.shape}], ` +
                `expected float32 of shape [${x.shape}]`,
            );
          }
          // Also what is given on as it came, or for two inputs, gets an owner of its own.
          const own = dx.scopeId === scopeId && !dx.kept && !taken.has(dx) ? dx : alias(dx);
          taken.add(own);
          return [x.id, own];
        });
      },
      (found) => found.map(([, gradient]) => gradient),
    );
  } finally {
    passing = [];
  }
}

/** Frees what an operation kept for its gradient. */
function forget(node: TapeNode): void {
  for (const tensor of node.saved) tensor.dispose();
  node.saved.length = 0;
}
