// Counts the matrix products that run, by wrapping the kernels of the native engine. Norms, activations and softmax are not
// counted.
import { tf } from '@lilformer/engine';

/** What {@link countProducts} returns. */
export interface CountedProducts<Result> {
  /** What the function returned. */
  readonly result: Result;
  /** Multiplications and additions, two for each pair of numbers. */
  readonly flops: number;
  /** Products that depend on each other; those of all heads or sequences in one call count as one. */
  readonly sequential: number;
}

/** The work of one call. */
type Work = readonly [flops: number, sequential: number];

/** A kernel of the native engine. */
type Kernel = (...args: unknown[]) => unknown;

/**
 * Runs a function and counts its matrix products. Causal attention counts the visible pairs of a query and a key only, as the
 * native engine computes no others.
 *
 * @param run synchronous
 * @throws Error on another engine than native, whose products are not all observable
 */
export function countProducts<Result>(run: () => Result): CountedProducts<Result> {
  if (tf.getBackend() !== 'native') {
    throw new Error(`engine ${tf.getBackend()}: cannot count products. Expected the engine native.`);
  }
  const backend = tf.backend() as unknown as { kernels: Record<string, Kernel> };
  const { kernels } = backend;
  const counting = Object.create(kernels) as Record<string, Kernel>;
  let [flops, sequential] = [0, 0];
  for (const [name, workOf] of Object.entries(KERNELS)) {
    const value: Kernel = (...args) => {
      const work = workOf(args);
      flops += work[0];
      sequential += work[1];
      return kernels[name](...args);
    };
    Object.defineProperty(counting, name, { value });
  }
  backend.kernels = counting;
  try {
    const result = run();
    return { result, flops, sequential };
  } finally {
    backend.kernels = kernels;
  }
}

/** Number of visible pairs of a query and a key. */
function pairs(queries: number, keys: number, causal: boolean): number {
  return causal ? queries * (keys - queries) + (queries * (queries + 1)) / 2 : queries * keys;
}

/** `products` products over the visible pairs, `steps` of them sequential. */
function ofAttention(
  products: number,
  steps: number,
  [batch, heads, headDim]: readonly number[],
  visible: number,
): Work {
  return [products * 2 * batch * heads * headDim * visible, steps];
}

/** Numbers among the arguments. */
function numbers(args: readonly unknown[], at: number, count: number): number[] {
  return args.slice(at, at + count) as number[];
}

/** Number of arguments that are given. */
function given(...args: readonly unknown[]): number {
  return args.filter((arg) => arg !== undefined && arg !== null).length;
}

/** The work of the kernels that multiply, from their arguments. */
const KERNELS: Readonly<Record<string, (args: readonly unknown[]) => Work>> = {
  linearForward(args) {
    const [rows, inputs, outputs] = numbers(args, 5, 3);
    return [2 * rows * inputs * outputs, 1];
  },
  linearForward16(args) {
    const [rows, inputs, outputs] = numbers(args, 4, 3);
    return [2 * rows * inputs * outputs, 1];
  },
  // The gradients of input and weight do not depend on each other.
  linearBackward(args) {
    const [rows, inputs, outputs] = numbers(args, 7, 3);
    const wanted = given(args[4], args[5]);
    return [wanted * 2 * rows * inputs * outputs, Math.min(1, wanted)];
  },
  attentionForward(args) {
    const [batch, heads, queries, keys, headDim] = numbers(args, 7, 5);
    return ofAttention(2, 2, [batch, heads, headDim], pairs(queries, keys, args[12] as boolean));
  },
  // Attention scores again, then the gradients of weights, v, q and k: two sequential steps.
  attentionBackward(args) {
    const [batch, heads, queries, keys, headDim] = numbers(args, 12, 5);
    return ofAttention(5, 2, [batch, heads, headDim], pairs(queries, keys, args[17] as boolean));
  },
  attentionPackedForward(args) {
    const [batch, heads, length, headDim] = numbers(args, 5, 4);
    return ofAttention(2, 2, [batch, heads, headDim], pairs(length, length, args[9] as boolean));
  },
  attentionPackedBackward(args) {
    const [batch, heads, length, headDim] = numbers(args, 8, 4);
    return ofAttention(5, 2, [batch, heads, headDim], pairs(length, length, args[12] as boolean));
  },
  cachedAttention(args) {
    const [batch, heads, tokens, length, , headDim] = numbers(args, 6, 6);
    return ofAttention(2, 2, [batch, heads, headDim], pairs(tokens, length, args[12] as boolean));
  },
  // The logits, and the gradients of input and weight where they are requested.
  linearCrossEntropy(args) {
    const [rows, inputs, classes] = numbers(args, 7, 3);
    const wanted = given(args[4], args[5]);
    return [(1 + wanted) * 2 * rows * inputs * classes, 1 + Math.min(1, wanted)];
  },
  matmul(args) {
    const [m, n, k] = numbers(args, 8, 3);
    return [2 * (args[4] as Int32Array).length * m * n * k, 1];
  },
  // The inputs of all steps in one product, then the state step by step; the first step may have none.
  recurrentForward(args) {
    const [batch, steps, inputs, hidden, kind] = numbers(args, 9, 5);
    const width = GATES[kind] * hidden;
    const recurrent = given(args[5]) === 1 ? steps : steps - 1;
    return [2 * batch * width * (steps * inputs + recurrent * hidden), 1 + recurrent];
  },
  // The state step by step, then the gradients of input and weights, which do not depend on each other.
  recurrentBackward(args) {
    const [batch, steps, inputs, hidden, kind] = numbers(args, 14, 5);
    const width = GATES[kind] * hidden;
    const recurrent = given(args[13]) === 1 ? steps : steps - 1;
    return [2 * batch * width * (2 * steps * inputs + (steps + recurrent) * hidden), 1 + recurrent];
  },
};

/** Linear layers per side, by the kernel's number of the kind of cell. */
const GATES = [1, 1, 3];
