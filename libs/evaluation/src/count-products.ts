// Counts the matrix products of the native engine by wrapping its kernels. Norms, activations and softmax are not counted.
import { tf } from '@lilformer/engine';

/** The products of one kernel. */
export interface ProductKernel {
  readonly kernel: string;
  readonly calls: number;
  /** Multiplications and additions. */
  readonly flops: number;
  /** Sequential products; those of all heads or all sequences of one call count as one. */
  readonly products: number;
}

/** The products counted while a function ran. */
export interface CountedProducts<Result> {
  readonly result: Result;
  readonly flops: number;
  readonly products: number;
  /** Sorted by FLOPs, largest first. */
  readonly kernels: readonly ProductKernel[];
}

/** The work of one call. */
type Work = readonly [flops: number, products: number];

/**
 * Runs a synchronous function on the native engine and counts its matrix products. Attention is two products; masked pairs are
 * neither computed nor counted.
 */
export function countProducts<Result>(run: () => Result): CountedProducts<Result> {
  const kernels = new Map<string, { calls: number; flops: number; products: number }>();
  const note = (kernel: string, [flops, products]: Work): void => {
    const sum = kernels.get(kernel) ?? { calls: 0, flops: 0, products: 0 };
    kernels.set(kernel, {
      calls: sum.calls + 1,
      flops: sum.flops + flops,
      products: sum.products + products,
    });
  };
  const unwatch = watchKernels(note);
  let result: Result;
  try {
    result = run();
  } finally {
    unwatch();
  }
  const list = Array.from(kernels, ([kernel, sum]) => ({ kernel, ...sum })).sort((a, b) => b.flops - a.flops);
  const total = (key: 'flops' | 'products') => list.reduce((sum, each) => sum + each[key], 0);
  return { result, flops: total('flops'), products: total('products'), kernels: list };
}

type Note = (kernel: string, work: Work) => void;

/** A function of the native library. */
type Native = (...args: unknown[]) => unknown;

/** Wraps the kernels that multiply; returns what undoes it. */
function watchKernels(note: Note): () => void {
  const backend = tf.backend() as unknown as { kernels: Record<string, Native> };
  const library = backend.kernels;
  const watching = Object.create(library) as Record<string, Native>;
  for (const [name, work] of Object.entries(LIBRARY)) {
    const value: Native = (...args) => {
      note(name, work(args));
      return library[name](...args);
    };
    Object.defineProperty(watching, name, { value });
  }
  backend.kernels = watching;
  return () => {
    backend.kernels = library;
  };
}

/** Pairs of a query and a key that it sees. */
function pairs(queries: number, keys: number, causal: boolean): number {
  return causal ? queries * (keys - queries) + (queries * (queries + 1)) / 2 : queries * keys;
}

/** `products` products over pairs, `steps` of them one after the other. */
function ofAttention(
  products: number,
  steps: number,
  [batch, heads, headDim]: readonly number[],
  seen: number,
): Work {
  return [products * 2 * batch * heads * headDim * seen, steps];
}

/** The arguments from `at` on, which are numbers. */
function numbers(args: readonly unknown[], at: number, count: number): number[] {
  return args.slice(at, at + count) as number[];
}

/** How many of these arguments are there. */
function given(...args: readonly unknown[]): number {
  return args.filter((arg) => arg !== undefined && arg !== null).length;
}

/** The work of the library's functions that multiply, from their arguments. */
const LIBRARY: Readonly<Record<string, (args: readonly unknown[]) => Work>> = {
  linearForward(args) {
    const [rows, inputs, outputs] = numbers(args, 5, 3);
    return [2 * rows * inputs * outputs, 1];
  },
  linearForward16(args) {
    const [rows, inputs, outputs] = numbers(args, 4, 3);
    return [2 * rows * inputs * outputs, 1];
  },
  // The gradients of input and weight do not wait for each other.
  linearBackward(args) {
    const [rows, inputs, outputs] = numbers(args, 7, 3);
    const wanted = given(args[4], args[5]);
    return [wanted * 2 * rows * inputs * outputs, Math.min(1, wanted)];
  },
  attentionForward(args) {
    const [batch, heads, queries, keys, headDim] = numbers(args, 7, 5);
    return ofAttention(2, 2, [batch, heads, headDim], pairs(queries, keys, args[12] as boolean));
  },
  // The scores once more, and the gradients of the weights, of v, of q and of k: in two steps.
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
  // The logits, and where they are wanted the gradients of input and weight, which do not wait for each other.
  linearCrossEntropy(args) {
    const [rows, inputs, classes] = numbers(args, 7, 3);
    const wanted = given(args[4], args[5]);
    return [(1 + wanted) * 2 * rows * inputs * classes, 1 + Math.min(1, wanted)];
  },
  matmul(args) {
    const [m, n, k] = numbers(args, 8, 3);
    return [2 * (args[4] as Int32Array).length * m * n * k, 1];
  },
  // The inputs of all steps at once, then step by step the state, which the first may not have.
  recurrentForward(args) {
    const [batch, steps, inputs, hidden, kind] = numbers(args, 9, 5);
    const width = GATES[kind] * hidden;
    const walked = given(args[5]) === 1 ? steps : steps - 1;
    return [2 * batch * width * (steps * inputs + walked * hidden), 1 + walked];
  },
  // Step by step the state, then the gradients of the input and of both weights, which do not wait for each other.
  recurrentBackward(args) {
    const [batch, steps, inputs, hidden, kind] = numbers(args, 14, 5);
    const width = GATES[kind] * hidden;
    const walked = given(args[13]) === 1 ? steps : steps - 1;
    return [2 * batch * width * (2 * steps * inputs + (steps + walked) * hidden), 1 + walked];
  },
};

/** Maps of a side, by the library's number for the kind of cell. */
const GATES = [1, 1, 3];
