// Counts the matrix products that run, by wrapping the engine's kernels. Norms, activations and softmax are not
// counted.
import { kernelsBackend, tf } from '@lilformer/engine';
import type { Kernels } from '@lilformer/kernels';

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

/** The argument of a kernel. */
type Call<Name extends keyof Kernels> = Parameters<Kernels[Name]>[0];

/**
 * Runs a function and counts its matrix products. Causal attention counts the visible pairs of a query and a key only, as the
 * kernels compute no others.
 *
 * @param run synchronous
 * @throws Error on an engine without kernels, whose products are not all observable
 */
export function countProducts<Result>(run: () => Result): CountedProducts<Result> {
  const backend = kernelsBackend();
  if (!backend) {
    throw new Error(`engine ${tf.getBackend()}: cannot count products. Expected the engine native or wasm.`);
  }
  const { kernels } = backend;
  const counting = { ...kernels };
  let [flops, sequential] = [0, 0];
  const count = <Name extends keyof Kernels>(name: Name, workOf: (call: Call<Name>) => Work): void => {
    const kernel = kernels[name] as (call: Call<Name>) => ReturnType<Kernels[Name]>;
    counting[name] = ((call: Call<Name>) => {
      const work = workOf(call);
      flops += work[0];
      sequential += work[1];
      return kernel(call);
    }) as Kernels[Name];
  };
  for (const name of Object.keys(KERNELS) as (keyof typeof KERNELS)[]) {
    count(name, KERNELS[name] as (call: Call<typeof name>) => Work);
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

/** `products` products over the visible pairs, two of them sequential. */
function ofAttention(
  products: number,
  { batch, heads, headDim }: { batch: number; heads: number; headDim: number },
  visible: number,
): Work {
  return [products * 2 * batch * heads * headDim * visible, 2];
}

/** Number of arrays that are given. */
function given(...arrays: readonly unknown[]): number {
  return arrays.filter((array) => array !== undefined).length;
}

/** The work of the kernels that multiply, from their arguments. */
const KERNELS = {
  linearForward: ({ rows, inputs, outputs }) => [2 * rows * inputs * outputs, 1],
  linearForward16: ({ rows, inputs, outputs }) => [2 * rows * inputs * outputs, 1],
  // The gradients of input and weight do not depend on each other.
  linearBackward: ({ rows, inputs, outputs, dx, dWeight }) => {
    const wanted = given(dx, dWeight);
    return [wanted * 2 * rows * inputs * outputs, Math.min(1, wanted)];
  },
  attentionForward: (call) => ofAttention(2, call, pairs(call.queries, call.keys, call.causal)),
  // Attention scores again, then the gradients of weights, v, q and k: two sequential steps.
  attentionBackward: (call) => ofAttention(5, call, pairs(call.queries, call.keys, call.causal)),
  attentionPackedForward: (call) => ofAttention(2, call, pairs(call.length, call.length, call.causal)),
  attentionPackedBackward: (call) => ofAttention(5, call, pairs(call.length, call.length, call.causal)),
  cachedAttention: (call) => ofAttention(2, call, pairs(call.tokens, call.length, call.causal)),
  // The logits, and the gradients of input and weight where they are requested.
  linearCrossEntropy: ({ rows, inputs, classes, dx, dWeight }) => {
    const wanted = given(dx, dWeight);
    return [(1 + wanted) * 2 * rows * inputs * classes, 1 + Math.min(1, wanted)];
  },
  matmul: ({ aOf, m, n, k }) => [2 * aOf.length * m * n * k, 1],
  // The inputs of all steps in one product, then the state step by step; the first step may have none.
  recurrentForward: ({ batch, steps, inputs, hidden, kind, state }) => {
    const width = GATES[kind] * hidden;
    const recurrent = state ? steps : steps - 1;
    return [2 * batch * width * (steps * inputs + recurrent * hidden), 1 + recurrent];
  },
  // The state step by step, then the gradients of input and weights, which do not depend on each other.
  recurrentBackward: ({ batch, steps, inputs, hidden, kind, dState }) => {
    const width = GATES[kind] * hidden;
    const recurrent = dState ? steps : steps - 1;
    return [2 * batch * width * (2 * steps * inputs + (steps + recurrent) * hidden), 1 + recurrent];
  },
} satisfies { [Name in keyof Kernels]?: (call: Call<Name>) => Work };

/** Linear layers per side, by the kernel's number of the kind of cell. */
const GATES = [1, 1, 3];
