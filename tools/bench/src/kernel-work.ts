// What a call of a native kernel has to do, read from its arguments: its sizes in words, the floating-point operations
// of its matrix products, and the bytes of the arrays it is given. Leaves out kernels without products: of those only
// the bytes count.

/** The work of one call. */
export interface Work {
  readonly sizes: string;
  /** Of matrix products alone; 0 where there are none. */
  readonly flops: number;
  /** Each array once, read or written. */
  readonly bytes: number;
}

/** Whole numbers among the arguments, in order, and the arguments themselves. */
type Read = (
  n: readonly number[],
  given: readonly unknown[],
) => { sizes: string; flops: number; bytes?: number };

const present = (...arrays: unknown[]): number => arrays.filter((one) => one !== undefined).length;

const linear =
  (products: (given: readonly unknown[]) => number): Read =>
  ([rows, inputs, outputs], given) => ({
    sizes: `${rows} × ${inputs} → ${outputs}`,
    flops: products(given) * 2 * rows * inputs * outputs,
  });

/** All scores, those that a causal mask hides included, as everybody counts them. */
const attention =
  (products: number, packed: boolean): Read =>
  (n) => {
    const [batch, heads, queries, keys, headDim] = packed ? [n[0], n[1], n[2], n[2], n[3]] : n;
    const length = packed ? `${queries}` : `${queries} of ${keys}`;
    return {
      sizes: `${batch} × ${length}, ${heads} heads of ${headDim}`,
      flops: products * 2 * batch * heads * queries * keys * headDim,
    };
  };

const recurrent =
  (products: number): Read =>
  ([batch, steps, inputs, hidden, kind]) => ({
    sizes: `${batch} × ${steps}, ${inputs} → ${hidden}`,
    flops: products * 2 * batch * steps * hidden * (inputs + hidden) * (kind === 2 ? 3 : 1),
  });

const kernels: Readonly<Record<string, Read>> = {
  linearForward: linear(() => 1),
  linearForward16: linear(() => 1),
  linearBackward: linear((given) => present(given[4], given[5])),
  attentionForward: attention(2, false),
  attentionBackward: attention(4, false),
  attentionPackedForward: attention(2, true),
  attentionPackedBackward: attention(4, true),
  linearCrossEntropy: linear((given) => 1 + present(given[4], given[5])),
  // The length is left out of the sizes, as it differs from token to token; nor is all of the cache read.
  cachedAttention: ([batch, heads, tokens, length, , headDim]) => ({
    sizes: `${batch} × ${tokens} new, ${heads} heads of ${headDim}`,
    flops: 2 * 2 * batch * heads * tokens * length * headDim,
    bytes: 4 * batch * heads * headDim * (2 * length + 2 * tokens),
  }),
  matmul: ([, , m, n, k], given) => {
    const batch = (given[4] as Int32Array).length;
    return { sizes: `${batch} × ${m} × ${k} × ${n}`, flops: 2 * batch * m * n * k };
  },
  recurrentForward: recurrent(1),
  recurrentBackward: recurrent(2),
};

/** Seeds and the like are no sizes. */
const LARGEST_SIZE = 1e8;

/** The work of a call with these arguments. */
export function workOf(kernel: string, given: readonly unknown[]): Work {
  const numbers = given.filter((one) => typeof one === 'number');
  const whole = numbers.filter((one) => Number.isInteger(one) && Math.abs(one) < LARGEST_SIZE);
  const known = kernels[kernel]?.(whole, given);
  const sizes = known?.sizes ?? (whole.length > 0 ? whole.join(' ') : countOf(given));
  return { sizes, flops: known?.flops ?? 0, bytes: known?.bytes ?? bytesOf(given) };
}

function bytesOf(given: readonly unknown[]): number {
  return given.reduce<number>((sum, one) => {
    if (ArrayBuffer.isView(one)) return sum + one.byteLength;
    return Array.isArray(one) ? sum + bytesOf(one) : sum;
  }, 0);
}

/** Of lists of arrays: how many, and their elements. */
function countOf(given: readonly unknown[]): string {
  const list = given.find((one) => Array.isArray(one)) ?? given.filter((one) => ArrayBuffer.isView(one));
  const elements = bytesOf(list) / 4;
  return `${list.length} arrays, ${elements.toLocaleString('en')} numbers`;
}
