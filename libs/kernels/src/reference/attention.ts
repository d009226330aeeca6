// Multi-head attention softmax(q kᵀ · scale + bias) v and its gradients (Vaswani et al., arXiv:1706.03762).
import { queryStride } from '../arguments.js';
import type { Floats, Kernels } from '../kernels.js';
import { assert } from './checked.js';
import { dropoutMask, wholeTiles } from './dropout.js';
import { sum } from './sum.js';

type Attention = Pick<
  Kernels,
  | 'attentionForward'
  | 'attentionBackward'
  | 'attentionPackedForward'
  | 'attentionPackedBackward'
  | 'cachedAttention'
>;

/** Heads inside the rows of an array. */
interface Heads {
  readonly array: Floats;
  /** Number of rows of a sequence, and of elements of a row. */
  readonly length: number;
  readonly stride: number;
  /** The first element of head 0 in a row. */
  readonly offset: number;
}

interface Settings {
  readonly visible?: Floats | undefined;
  readonly bias?: Floats | undefined;
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly causal: boolean;
  readonly scale: number;
  readonly rate: number;
  readonly seed: number;
  readonly counter: number;
}

/** logSums of a query without visible keys. */
const NO_KEYS = 1e30;
const MAX_HEAD_DIM = 256;

function checkSettings({ headDim, causal, queries, keys }: Settings): void {
  const isInRange = Number.isInteger(headDim) && headDim >= 1 && headDim <= MAX_HEAD_DIM;
  assert(isInRange, `headDim: ${headDim}. Expected 1 to ${MAX_HEAD_DIM}.`);
  assert(
    !causal || queries <= keys,
    `queries: ${queries} for ${keys} keys. Expected at most as many if causal.`,
  );
}

/** All heads of all queries: calls `each(batch, head, query)`. */
function forEachQuery(
  { batch, heads, queries }: Settings,
  each: (b: number, h: number, i: number) => void,
): void {
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++) for (let i = 0; i < queries; i++) each(b, h, i);
}

/** The first element of head h at position t of sequence b. */
const start = (heads: Heads, headDim: number, b: number, h: number, t: number): number =>
  (b * heads.length + t) * heads.stride + heads.offset + h * headDim;

/** The scores of a query, -∞ for keys that are not visible. */
function scoresOf(settings: Settings, q: Heads, k: Heads, b: number, h: number, i: number): number[] {
  const { visible, bias, queries, keys, headDim, causal, scale } = settings;
  const qi = start(q, headDim, b, h, i);
  return Array.from({ length: keys }, (_, j) => {
    const isHidden = (causal && j > i + keys - queries) || visible?.[b * keys + j] === 0;
    if (isHidden) return -Infinity;
    const kj = start(k, headDim, b, h, j);
    const score = sum(headDim, (d) => q.array[qi + d] * k.array[kj + d]) * scale;
    return score + (bias?.[(h * queries + i) * keys + j] ?? 0);
  });
}

/** The dropout factor of the weight of query i for key j. */
function weightMask(settings: Settings): (b: number, h: number, i: number, j: number) => number {
  const mask = dropoutMask(settings, settings.keys);
  const rows = wholeTiles(settings.queries);
  return (b, h, i, j) => (settings.rate === 0 ? 1 : mask((b * settings.heads + h) * rows + i, j));
}

function forward(
  settings: Settings,
  [q, k, v]: readonly Heads[],
  output: Heads,
  logSums: Floats | undefined,
): void {
  checkSettings(settings);
  const { heads, queries, keys, headDim } = settings;
  const mask = weightMask(settings);
  forEachQuery(settings, (b, h, i) => {
    const scores = scoresOf(settings, q, k, b, h, i);
    const largest = Math.max(...scores, -Infinity);
    const powers = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - largest)));
    const total = sum(keys, (j) => powers[j]);
    const kept = powers.map((power, j) => power * mask(b, h, i, j));
    const oi = start(output, headDim, b, h, i);
    for (let d = 0; d < headDim; d++) {
      const weighted = sum(keys, (j) => kept[j] * v.array[start(v, headDim, b, h, j) + d]);
      output.array[oi + d] = total === 0 ? 0 : weighted / total;
    }
    if (logSums)
      logSums[(b * heads + h) * queries + i] =
        total === 0 ? NO_KEYS : largest * Math.LOG2E + Math.log2(total);
  });
}

function backward(
  settings: Settings,
  [q, k, v]: readonly Heads[],
  [output, dOutput]: readonly Heads[],
  logSums: Floats,
  gradients: readonly Heads[],
  dBias: Floats | undefined,
): void {
  checkSettings(settings);
  const { heads, queries, keys, headDim, scale } = settings;
  const mask = weightMask(settings);
  // Sums in float64. Packed gradients are parts of one array.
  const sums = new Map(gradients.map(({ array }) => [array, new Float64Array(array.length)]));
  const biasSums = new Float64Array(dBias?.length ?? 0);
  const [dq, dk, dv] = gradients.map((heads) => ({ ...heads, array: sums.get(heads.array)! }));
  forEachQuery(settings, (b, h, i) => {
    const [qi, oi] = [start(q, headDim, b, h, i), start(output, headDim, b, h, i)];
    const logSum = logSums[(b * heads + h) * queries + i] * Math.LN2;
    // Σ over the keys of the weight times its gradient
    const mean = sum(headDim, (d) => dOutput.array[oi + d] * output.array[oi + d]);
    for (const [j, score] of scoresOf(settings, q, k, b, h, i).entries()) {
      const [kj, vj] = [start(k, headDim, b, h, j), start(v, headDim, b, h, j)];
      const weight = Math.exp(score - logSum);
      const factor = mask(b, h, i, j);
      const dWeight = sum(headDim, (d) => dOutput.array[oi + d] * v.array[vj + d]) * factor;
      const dScore = weight * (dWeight - mean);
      for (let d = 0; d < headDim; d++) {
        dq.array[qi + d] += dScore * scale * k.array[kj + d];
        dk.array[kj + d] += dScore * scale * q.array[qi + d];
        dv.array[vj + d] += weight * factor * dOutput.array[oi + d];
      }
      if (dBias) biasSums[(h * queries + i) * keys + j] += dScore;
    }
  });
  for (const [array, values] of sums) array.set(values);
  dBias?.set(biasSums);
}

/** q, k, v or output with rows of heads · headDim elements. */
function separate(array: Floats, length: number, { heads, headDim }: Settings): Heads {
  return { array, length, stride: heads * headDim, offset: 0 };
}

/** q, k and v of qkv, or their gradients. */
function packed(array: Floats, { heads, headDim, keys: length }: Settings): Heads[] {
  const width = heads * headDim;
  return [0, 1, 2].map((part) => ({ array, length, stride: 3 * width, offset: part * width }));
}

const settingsOfPacked = <C extends { length: number }>({
  length,
  ...call
}: C): Omit<C, 'length'> & {
  queries: number;
  keys: number;
} => ({ ...call, queries: length, keys: length });

export const attention: Attention = {
  attentionForward(call) {
    const { q, k, v, output, logSums, queries, keys } = call;
    const heads = (array: Floats, length: number): Heads => separate(array, length, call);
    forward(call, [heads(q, queries), heads(k, keys), heads(v, keys)], heads(output, queries), logSums);
  },

  attentionBackward(call) {
    const { q, k, v, output, logSums, dOutput, dq, dk, dv, dBias, queries, keys } = call;
    const heads = (array: Floats, length: number): Heads => separate(array, length, call);
    backward(
      call,
      [heads(q, queries), heads(k, keys), heads(v, keys)],
      [heads(output, queries), heads(dOutput, queries)],
      logSums,
      [heads(dq, queries), heads(dk, keys), heads(dv, keys)],
      dBias,
    );
  },

  attentionPackedForward(call) {
    const settings = settingsOfPacked(call);
    forward(settings, packed(call.qkv, settings), separate(call.output, call.length, settings), call.logSums);
  },

  attentionPackedBackward(call) {
    const { qkv, output, dOutput, dQkv, logSums, dBias, length } = call;
    const settings = settingsOfPacked(call);
    backward(
      settings,
      packed(qkv, settings),
      [separate(output, length, settings), separate(dOutput, length, settings)],
      logSums,
      packed(dQkv, settings),
      dBias,
    );
  },

  cachedAttention(call) {
    const { q, keys, values, output, tokens, length, capacity } = call;
    const fits = length <= capacity;
    assert(fits, `length: ${length}. Expected at most the capacity, ${capacity}.`);
    const settings = { ...call, queries: tokens, keys: length, rate: 0, seed: 0, counter: 0 };
    const queries = { array: q, length: tokens, stride: queryStride(call), offset: 0 };
    const cached = [keys, values].map((array) => separate(array, capacity, settings));
    forward(settings, [queries, ...cached], separate(output, tokens, settings), undefined);
  },
};
