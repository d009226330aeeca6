// Random calls of every kernel, and the tolerances of their results.
import type { Call } from '../arguments.js';
import type { Floats, Kernels, Numbers } from '../kernels.js';
import { ACTIVATION, BINARY, PRODUCT_ACTIVATION, RECURRENT, REDUCTION, UNARY } from '../operations.js';
import { referenceKernels as reference } from '../reference/index.js';
import type { Draw } from './draw.js';

/**
 * The allowed error of a result. A number is the magnitude of its sums: the number of terms times the largest of them; the
 * error is at most `RELATIVE` times that. `relative`: at most `RELATIVE` times the result. `bits`: none, nor in the sign of
 * zeros. Other results are exact but for the sign of zeros.
 */
export type Precision = number | 'relative' | 'bits';

export interface Case<Name extends keyof Kernels> {
  /** Inputs and sizes; also outputs whose type or presence does not follow from the arguments' table. */
  call(draw: Draw): Partial<Call<Name>>;
  /** The precision of outputs, and of the returned number as `result`. */
  precision?(call: Call<Name>): Readonly<Record<string, Precision>>;
  /** Changes of a call that are errors. */
  refused?(call: Call<Name>): readonly Partial<Call<Name>>[];
}

/** The error of a result relative to its magnitude. */
export const RELATIVE = 1e-6;
/** The same for products of factors that are rounded to bf16. */
export const RELATIVE_BF16 = 2 ** -7;

/** The largest finite absolute value. */
function most(array: Numbers | undefined): number {
  let largest = 0;
  for (const x of array ?? []) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  return largest;
}

const others = (table: Readonly<Record<string, number>>): number => Math.max(...Object.values(table)) + 1;
const RATES = [-0.1, 1, NaN];
const floats = (length: number): Floats => new Float32Array(length);

/** Attention: the error of scores, relative to theirs, is that of weights. */
function scoreSize(
  c: { headDim: number; scale: number; bias?: Floats | undefined },
  q: Floats,
  k: Floats,
): number {
  return 1 + Math.abs(c.scale) * c.headDim * most(q) * most(k) + most(c.bias);
}

function attentionSizes(draw: Draw) {
  const causal = draw.flag();
  const [batch, heads, headDim, first, second] = draw.sizes(5, 0, 20_000);
  const [queries, keys] = causal ? [Math.min(first, second), Math.max(first, second)] : [first, second];
  return { batch, heads, queries, keys, headDim: Math.min(256, Math.max(1, headDim)), causal };
}

/** The smaller of two sizes is the length, as both count in the limit of a call. */
function packedSizes(draw: Draw) {
  const { queries, keys, ...sizes } = attentionSizes(draw);
  return { ...sizes, length: Math.min(queries, keys) };
}

function attentionOptions(draw: Draw, batch: number, heads: number, queries: number, keys: number) {
  const visible = draw.ints(batch * keys, 0, 3);
  // All keys of some sequences are hidden.
  for (let b = 0; b < batch; b += 2) if (draw.flag()) visible.fill(0, b * keys, (b + 1) * keys);
  return {
    visible: draw.maybe(() => Float32Array.from(visible, (v) => v / 2)),
    bias: draw.maybe(() => {
      const bias = draw.floats(heads * queries * keys);
      return draw.flag() ? draw.withSpecial(bias, [-Infinity]) : bias; // hides a key
    }),
    scale: draw.pick([1, 0.5, 0.125]),
    rate: draw.pick([0, 0, 0.1, 0.5, 0.999]),
    seed: draw.pick([0, 1, 123456789, 2 ** 32 + 5, 2 ** 52 + 1]),
    counter: draw.pick([0, 7, 2 ** 40 + 3]),
  };
}

const attentionRefused = () => [
  { headDim: 0 },
  { headDim: 257 },
  { causal: true, queries: 3, keys: 2 },
  ...RATES.map((rate) => ({ rate })),
];
const packedRefused = () => [{ headDim: 0 }, { headDim: 257 }, ...RATES.map((rate) => ({ rate }))];

/** The magnitudes of the gradients of attention. */
function attentionGradients(
  c: {
    headDim: number;
    scale: number;
    rate: number;
    batch: number;
    bias?: Floats | undefined;
    dOutput: Floats;
  },
  [q, k, v]: readonly [Floats, Floats, Floats],
  queries: number,
) {
  const score = scoreSize(c, q, k);
  const kept = 1 / (1 - c.rate);
  const dScore = 2 * c.headDim * most(c.dOutput) * most(v) * kept * score;
  return {
    dq: c.scale * most(k) * dScore,
    dk: queries * c.scale * most(q) * dScore,
    dv: queries * most(c.dOutput) * kept * score,
    dBias: c.batch * dScore,
  };
}

function normSizes(draw: Draw) {
  const [rows, width] = draw.longSizes(2);
  return { rows, width };
}

/** Inputs of a norm, with a large mean in some calls. */
function normInput(draw: Draw, rows: number, width: number) {
  const shift = draw.pick([0, 0, 3]);
  const added = draw.maybe(() => draw.floats(rows * width));
  return {
    x: draw.floats(rows * width).map((x) => x + shift),
    added,
    sum: added && floats(rows * width),
    weight: draw.floats(width),
    rows,
    width,
    epsilon: draw.pick([1e-5, 1e-2]),
  };
}

/** The largest |normalized x|, and the factor of its relative error. */
function normalSize(
  x: Floats,
  statistics: Floats,
  width: number,
  each: 1 | 2,
): { normal: number; factor: number } {
  let [normal, factor] = [0, 1];
  for (let i = 0; i < x.length; i++) {
    const r = Math.floor(i / width);
    const [mean, scale] = each === 2 ? [statistics[2 * r], statistics[2 * r + 1]] : [0, statistics[r]];
    normal = Math.max(normal, Math.abs((x[i] - mean) * scale));
    factor = Math.max(factor, 1 + (Math.abs(x[i]) + Math.abs(mean)) * (each === 2 ? scale : 1));
  }
  return { normal, factor };
}

function layerStatistics(c: Pick<Call<'layerNormForward'>, 'x' | 'added' | 'rows' | 'width' | 'epsilon'>) {
  const statistics = floats(2 * c.rows);
  const [zeros, y] = [floats(c.width), floats(c.x.length)];
  reference.layerNormForward({
    ...c,
    weight: zeros,
    bias: zeros,
    y,
    statistics,
    sum: c.added && floats(c.x.length),
  });
  return statistics;
}

function rmsStatistics(c: Pick<Call<'rmsNormForward'>, 'x' | 'added' | 'rows' | 'width' | 'epsilon'>) {
  const scales = floats(c.rows);
  const [weight, y] = [floats(c.width), floats(c.x.length)];
  reference.rmsNormForward({ ...c, weight, y, scales, sum: c.added && floats(c.x.length) });
  return scales;
}

const sumOf = (x: Floats, added: Floats | undefined): Floats => (added ? x.map((x, i) => x + added[i]) : x);

function targets(draw: Draw, rows: number, classes: number, ignored: number): Int32Array {
  const ignoring = draw.ints(rows, 0, 3);
  return draw
    .ints(rows, 0, classes - 1)
    .map((target, r) => (classes === 0 || ignoring[r] === 0 ? ignored : target));
}

const targetsRefused = (c: { targets: Int32Array<ArrayBufferLike>; classes: number }) =>
  c.targets.length === 0
    ? []
    : [-7, c.classes, 2 ** 31 - 1].map((wrong) => ({ targets: c.targets.map(() => wrong) }));

function recurrentLayer(draw: Draw) {
  const kind = draw.pick(Object.values(RECURRENT));
  const [batch, inputs] = draw.sizes(2).map((size) => Math.min(size, 40));
  const [hidden, steps] = [Math.min(40, Math.max(1, draw.sizes(1)[0])), draw.integer(0, 5)];
  const rows = (kind === RECURRENT.gru ? 3 : 1) * hidden;
  return {
    x: draw.floats(batch * steps * inputs),
    weightIh: draw.floats(rows * inputs, 1),
    weightHh: draw.floats(rows * hidden, 1 / hidden), // so that states and gradients do not grow
    biasIh: draw.maybe(() => draw.floats(rows, 1)),
    biasHh: draw.maybe(() => draw.floats(rows, 1)),
    state: draw.maybe(() => draw.floats(batch * hidden, 1)),
    ...{ batch, steps, inputs, hidden, kind },
  };
}

/** The magnitude of the states of a recurrent layer. */
function stateSize(c: { x: Floats; weightIh: Floats; inputs: number; steps: number }): number {
  return (1 + c.inputs * most(c.x) * most(c.weightIh)) * (c.steps + 1);
}

const recurrentRefused = () => [{ kind: others(RECURRENT) }, { hidden: 0 }];

/** Some arrays of equal lengths for each of several lists. */
function lists(draw: Draw): { lengths: number[]; list: (max?: number, min?: number) => Floats[] } {
  const lengths = Array.from({ length: draw.integer(0, 4) }, () => draw.length());
  return { lengths, list: (max, min) => lengths.map((length) => draw.floats(length, max, min)) };
}

const largestOf = (arrays: readonly Floats[]): number => Math.max(0, ...arrays.map(most));

/** Sizes of a broadcast, and the dimensions along which an operand varies. */
function broadcast(draw: Draw) {
  const rank = draw.integer(0, 4);
  const sizes = Int32Array.from(draw.longSizes(rank));
  const varies = (): { bits: number; length: number } => {
    const bits = draw.integer(0, 2 ** rank - 1);
    return { bits, length: sizes.reduce((all, size, d) => ((bits >> d) & 1 ? all * size : all), 1) };
  };
  return { sizes, length: sizes.reduce((all, size) => all * size, 1), a: varies(), b: varies() };
}

type Types = keyof typeof BINARY | keyof typeof UNARY;

const result = (types: Types, length: number): Numbers => {
  const type = types.split('To').at(-1)!.toLowerCase();
  return type === 'float32'
    ? floats(length)
    : type === 'int32'
      ? new Int32Array(length)
      : new Uint8Array(length);
};

/** Elements of the operand's type. */
function operand(draw: Draw, types: Types, length: number): Numbers {
  if (types.startsWith('bool')) return draw.bools(length);
  if (types.startsWith('int32')) {
    const [small, wide] = [draw.ints(length, -9, 9), draw.ints(length, -(2 ** 31), 2 ** 31 - 1)];
    return draw.flag() ? small : wide;
  }
  const x = draw.withSpecial(draw.floats(length, 10), [...SPECIAL_FLOATS, NaN]);
  return draw.flag() ? x : x.map(Math.round); // equal elements, and halves that are not
}

/** Also numbers outside of int32, and a subnormal one. */
const SPECIAL_FLOATS = [Infinity, -Infinity, 0, -0, 1e30, -3e9, 1e-40, 0.5, 2.5, -1.5];

/** Functions whose float32 results are correctly rounded. */
const CORRECTLY_ROUNDED: readonly string[] = [
  ...['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'prelu'],
  ...['relu', 'square', 'squareRoot', 'negative', 'absolute', 'reciprocal', 'relu6', 'step', 'sign', 'ceil'],
  ...['floor', 'round', 'clip', 'leakyRelu'],
];

const nameOf = (table: Readonly<Record<string, number>>, operation: number): string =>
  Object.keys(table).find((name) => table[name] === operation)!;

const typesOf = (x: Numbers, y: Numbers): string => {
  const name = (array: Numbers) =>
    array instanceof Float32Array ? 'float32' : array instanceof Int32Array ? 'int32' : 'bool';
  const [from, to] = [name(x), name(y)];
  return from === to ? from : `${from}To${to[0].toUpperCase()}${to.slice(1)}`;
};

/** Whether the results of an elementwise function are equal bit for bit. */
function isExact(
  tables: Readonly<Record<string, Readonly<Record<string, number>>>>,
  x: Numbers,
  y: Numbers,
  operation: number,
) {
  if (!(y instanceof Float32Array) || !(x instanceof Float32Array)) return true;
  return CORRECTLY_ROUNDED.includes(nameOf(tables[typesOf(x, y)], operation));
}

/** Numbers of any type but, for some kernels, bools. */
function numbers(draw: Draw, length: number, types = ['float32', 'int32', 'bool']): Numbers {
  const type = draw.pick(types);
  if (type === 'bool') return draw.bools(length);
  return type === 'int32' ? draw.ints(length, -9, 9) : draw.withSpecial(draw.floats(length));
}

const like = (x: Numbers, length: number): Numbers => new (x.constructor as typeof Float32Array)(length);

/** Sizes that are small enough together for a permutation or a copy of several dimensions. */
function shape(draw: Draw): number[] {
  return draw.longSizes(draw.integer(0, 4));
}

export const CASES: { readonly [Name in keyof Kernels]: Case<Name> } = {
  linearForward: {
    call(draw) {
      const [rows, inputs, outputs] = draw.sizes(3);
      const activation = draw.pick(Object.values(ACTIVATION));
      const isDefined = activation === ACTIVATION.none || activation === ACTIVATION.relu;
      const x = draw.floats(rows * inputs);
      return {
        x: isDefined && draw.flag() ? draw.withSpecial(x, [NaN, Infinity, -Infinity]) : x,
        weight: draw.awayFromZero(outputs * inputs),
        bias: draw.maybe(() => draw.floats(outputs)),
        ...{ rows, inputs, outputs, activation, bf16: draw.flag() },
      };
    },
    precision(c) {
      const size = c.inputs * most(c.x) * most(c.weight) + most(c.bias);
      return { y: size, preActivation: size };
    },
    refused: () => [{ activation: others(ACTIVATION) }],
  },

  linearForward16: {
    call(draw) {
      const [rows, inputs, outputs] = draw.sizes(3);
      const half = (): number => new Int32Array(draw.awayFromZero(1).buffer)[0] >>> 16;
      const weight = new Int32Array(outputs * Math.ceil(inputs / 2)).map(() => half() | (half() << 16));
      return {
        x: draw.floats(rows * inputs),
        weight,
        bias: draw.maybe(() => draw.floats(outputs)),
        ...{ rows, inputs, outputs, activation: draw.pick(Object.values(ACTIVATION)), bf16: draw.flag() },
      };
    },
    precision: (c) => ({ y: c.inputs * most(c.x) * 2 + most(c.bias) }),
    refused: () => [{ activation: others(ACTIVATION) }],
  },

  linearBackward: {
    call(draw) {
      const [rows, inputs, outputs] = draw.sizes(3);
      const activation = draw.pick(Object.values(ACTIVATION));
      return {
        dy: draw.floats(rows * outputs),
        x: draw.floats(rows * inputs),
        weight: draw.floats(outputs * inputs),
        kept: activation === ACTIVATION.none ? undefined : draw.floats(rows * outputs, 4),
        ...{ rows, inputs, outputs, activation, bf16: draw.flag() },
      };
    },
    precision: (c) => ({
      dx: 1.2 * c.outputs * most(c.dy) * most(c.weight),
      dWeight: 1.2 * c.rows * most(c.dy) * most(c.x),
      dBias: 1.2 * c.rows * most(c.dy),
    }),
    refused: (c) => [
      { activation: others(ACTIVATION) },
      ...(c.activation === ACTIVATION.none ? [] : [{ kept: undefined }]),
    ],
  },

  matmul: {
    call(draw) {
      const [m, n, k, products] = draw.sizes(4);
      const [aCount, bCount] = [draw.integer(1, 3), draw.integer(1, 3)];
      const activation = draw.pick(Object.values(PRODUCT_ACTIVATION));
      const a = draw.floats(aCount * m * k);
      const isDefined = activation !== PRODUCT_ACTIVATION.sigmoid;
      return {
        a: isDefined && draw.flag() ? draw.withSpecial(a, [NaN, Infinity, -Infinity]) : a,
        b: draw.awayFromZero(bCount * k * n),
        bias: draw.maybe(() => draw.floats(n)),
        aOf: draw.ints(products, 0, aCount - 1),
        bOf: draw.ints(products, 0, bCount - 1),
        ...{ aCount, bCount, m, n, k, aTransposed: draw.flag(), bTransposed: draw.flag(), activation },
      };
    },
    precision: (c) => ({ c: c.k * most(c.a) * most(c.b) + most(c.bias) }),
    refused: (c) => [
      { activation: others(PRODUCT_ACTIVATION) },
      ...(c.aOf.length === 0 ? [] : [-1, 3].flatMap((wrong) => [{ aOf: c.aOf.map(() => wrong) }, { bOf: c.bOf.map(() => wrong) }])), // prettier-ignore
    ],
  },

  attentionForward: {
    call(draw) {
      const sizes = attentionSizes(draw);
      const { batch, heads, queries, keys, headDim } = sizes;
      return {
        q: draw.floats(batch * queries * heads * headDim),
        k: draw.floats(batch * keys * heads * headDim),
        v: draw.floats(batch * keys * heads * headDim),
        ...attentionOptions(draw, batch, heads, queries, keys),
        ...sizes,
      };
    },
    precision: (c) => ({
      output: (most(c.v) / (1 - c.rate)) * scoreSize(c, c.q, c.k),
      logSums: Math.LOG2E * (scoreSize(c, c.q, c.k) + Math.log(1 + c.keys)),
    }),
    refused: attentionRefused,
  },

  attentionBackward: {
    call(draw) {
      const sizes = attentionSizes(draw);
      const { batch, heads, queries, keys, headDim } = sizes;
      const inputs = {
        q: draw.floats(batch * queries * heads * headDim),
        k: draw.floats(batch * keys * heads * headDim),
        v: draw.floats(batch * keys * heads * headDim),
        ...attentionOptions(draw, batch, heads, queries, keys),
        ...sizes,
      };
      const saved = { output: floats(inputs.q.length), logSums: floats(batch * heads * queries) };
      reference.attentionForward({ ...inputs, ...saved });
      return { ...inputs, ...saved, dOutput: draw.floats(inputs.q.length) };
    },
    precision: (c) => attentionGradients(c, [c.q, c.k, c.v], c.queries),
    refused: attentionRefused,
  },

  attentionPackedForward: {
    call(draw) {
      const { length, ...sizes } = packedSizes(draw);
      const { batch, heads, headDim } = sizes;
      return {
        qkv: draw.floats(batch * length * 3 * heads * headDim),
        ...attentionOptions(draw, batch, heads, length, length),
        ...{ length, ...sizes },
      };
    },
    precision: (c) => ({
      output: (most(c.qkv) / (1 - c.rate)) * scoreSize(c, c.qkv, c.qkv),
      logSums: Math.LOG2E * (scoreSize(c, c.qkv, c.qkv) + Math.log(1 + c.length)),
    }),
    refused: packedRefused,
  },

  attentionPackedBackward: {
    call(draw) {
      const { length, ...sizes } = packedSizes(draw);
      const { batch, heads, headDim } = sizes;
      const inputs = {
        qkv: draw.floats(batch * length * 3 * heads * headDim),
        ...attentionOptions(draw, batch, heads, length, length),
        ...{ length, ...sizes },
      };
      const size = batch * length * heads * headDim;
      const saved = { output: floats(size), logSums: floats(batch * heads * length) };
      reference.attentionPackedForward({ ...inputs, ...saved });
      return { ...inputs, ...saved, dOutput: draw.floats(size) };
    },
    precision(c) {
      const { dq, dk, dv, dBias } = attentionGradients(c, [c.qkv, c.qkv, c.qkv], c.length);
      return { dQkv: Math.max(dq, dk, dv), dBias };
    },
    refused: packedRefused,
  },

  cachedAttention: {
    call(draw) {
      const { batch, heads, keys: length, headDim, queries, causal } = attentionSizes(draw);
      const tokens = draw.flag() ? Math.min(1, queries) : queries;
      const capacity = length + draw.integer(0, 3);
      const { visible, bias, scale } = attentionOptions(draw, batch, heads, tokens, length);
      return {
        q: draw.floats(batch * tokens * (heads * headDim + draw.integer(0, 5))),
        keys: draw.floats(batch * capacity * heads * headDim),
        values: draw.floats(batch * capacity * heads * headDim),
        ...{ visible, bias, scale, batch, heads, tokens, length, capacity, headDim, causal },
      };
    },
    precision: (c) => ({ output: most(c.values) * scoreSize(c, c.q, c.keys) }),
    refused: (c) => [{ headDim: 0 }, { headDim: 257 }, { capacity: c.length - 1 }],
  },

  layerNormForward: {
    call(draw) {
      const { rows, width } = normSizes(draw);
      return { ...normInput(draw, rows, width), bias: draw.floats(width) };
    },
    precision(c) {
      const { normal, factor } = normalSize(sumOf(c.x, c.added), layerStatistics(c), c.width, 2);
      const rstd = most(layerStatistics(c));
      return {
        y: (1 + normal) * factor * most(c.weight) + most(c.bias),
        statistics: factor * (rstd + most(c.x) + most(c.added)),
      };
    },
    refused: (c) => [
      { added: undefined, sum: floats(c.x.length) },
      { added: floats(c.x.length), sum: undefined },
    ],
  },

  layerNormBackward: {
    call(draw) {
      const { rows, width } = normSizes(draw);
      const { x, weight, epsilon } = normInput(draw, rows, width);
      return {
        dy: draw.floats(rows * width),
        ...{ x, weight, statistics: layerStatistics({ x, rows, width, epsilon }) },
        base: draw.maybe(() => draw.floats(rows * width)),
        ...{ rows, width },
      };
    },
    precision(c) {
      const { normal, factor } = normalSize(c.x, c.statistics, c.width, 2);
      const scale = most(c.statistics.filter((_, i) => i % 2 === 1));
      return {
        dx: scale * most(c.dy) * most(c.weight) * (1 + normal) ** 2 * factor + most(c.base),
        dWeight: c.rows * most(c.dy) * (1 + normal) * factor,
        dBias: c.rows * most(c.dy),
      };
    },
  },

  rmsNormForward: {
    call(draw) {
      const { rows, width } = normSizes(draw);
      return normInput(draw, rows, width);
    },
    precision(c) {
      const scales = rmsStatistics(c);
      const { normal } = normalSize(sumOf(c.x, c.added), scales, c.width, 1);
      return { y: normal * most(c.weight), scales: most(scales) };
    },
    refused: (c) => [
      { added: undefined, sum: floats(c.x.length) },
      { added: floats(c.x.length), sum: undefined },
    ],
  },

  rmsNormBackward: {
    call(draw) {
      const { rows, width } = normSizes(draw);
      const { x, weight, epsilon } = normInput(draw, rows, width);
      return {
        dy: draw.floats(rows * width),
        ...{ x, weight, scales: rmsStatistics({ x, rows, width, epsilon }) },
        base: draw.maybe(() => draw.floats(rows * width)),
        ...{ rows, width },
      };
    },
    precision(c) {
      const { normal } = normalSize(c.x, c.scales, c.width, 1);
      return {
        dx: most(c.scales) * most(c.dy) * most(c.weight) * (1 + normal) ** 2 + most(c.base),
        dWeight: c.rows * most(c.dy) * normal,
      };
    },
  },

  embeddingForward: {
    call(draw) {
      const [tokens, width] = draw.longSizes(2);
      const [rows, period] = [draw.integer(1, 40), draw.integer(1, 9)];
      const ids = draw.ints(tokens, 0, rows - 1);
      // In some calls an id is out of range: its index is returned, and y stays.
      if (tokens > 0 && draw.flag()) ids[draw.integer(0, tokens - 1)] = draw.pick([-1, rows, 2 ** 31 - 1]);
      return {
        ids,
        table: draw.floats(rows * width),
        places: draw.maybe(() => draw.floats(period * width)),
        ...{ tokens, rows, period, width },
      };
    },
    refused: (c) => (c.tokens > 0 ? [{ places: floats(0), period: 0 }] : []),
  },

  embeddingBackward: {
    call(draw) {
      const [tokens, width] = draw.longSizes(2);
      const [rows, period] = [draw.integer(1, 40), draw.integer(1, 9)];
      return {
        ids: draw.ints(tokens, 0, rows - 1),
        dy: draw.floats(tokens * width),
        ...{ tokens, rows, period, width },
      };
    },
    precision: (c) => ({ dTable: c.tokens * most(c.dy), dPlaces: c.tokens * most(c.dy) }),
    refused: (c) => [
      { dPlaces: floats(0), period: 0 },
      ...(c.tokens > 0 ? [-1, c.rows].map((wrong) => ({ ids: c.ids.map(() => wrong) })) : []),
    ],
  },

  gatherRows: {
    call(draw) {
      const [width, ...rows] = draw.longSizes(5);
      const from = rows.slice(0, 2).map((count) => draw.withSpecial(draw.floats(count * width)));
      const to = rows.slice(2).map((count) => floats(count * width));
      const wanted = rows.slice(2).reduce((sum, count) => sum + count, 0);
      return { from, to, width, index: draw.ints(wanted, -1, rows[0] + rows[1] - 1) };
    },
    refused: (c) =>
      c.width === 0 || c.index.length === 0
        ? []
        : [{ index: c.index.map(() => c.from.flatMap((m) => [...m]).length) }],
  },

  dropout: {
    call(draw) {
      const [rows, columns] = draw.sizes(2);
      const { rate, seed, counter } = attentionOptions(draw, 0, 0, 0, 0);
      const x = draw.awayFromZero(rows * columns);
      return {
        x: rate > 0 && draw.flag() ? draw.withSpecial(x, [NaN, Infinity]) : x,
        base: draw.maybe(() => draw.floats(rows * columns)),
        ...{ rows, columns, rate, seed, counter },
      };
    },
    precision: (c) => ({ y: most(c.x) / (1 - c.rate) + most(c.base) }),
    refused: () => RATES.map((rate) => ({ rate })),
  },

  residualAdd: {
    call(draw) {
      const length = draw.length();
      return { x: draw.withSpecial(draw.floats(length)), y: draw.withSpecial(draw.floats(length)) };
    },
  },

  crossEntropyForward: {
    call(draw) {
      const [rows, classes] = draw.longSizes(2);
      const ignored = draw.pick([-100, -1, 0]);
      const logits = draw.floats(rows * classes, 10);
      return {
        logits: draw.flag() ? draw.withSpecial(logits, [-1e30, -Infinity, NaN]) : logits,
        targets: targets(draw, rows, classes, ignored),
        rows,
        classes,
        ignored,
      };
    },
    precision(c) {
      const size = 1 + most(c.logits) + Math.log(1 + c.classes);
      return { losses: size, logSums: size, result: c.rows * size };
    },
    refused: targetsRefused,
  },

  crossEntropyBackward: {
    call(draw) {
      const [rows, classes] = draw.longSizes(2);
      const ignored = draw.pick([-100, -1, 0]);
      const logits = draw.floats(rows * classes, 10);
      const call = { logits, targets: targets(draw, rows, classes, ignored), rows, classes, ignored };
      const logSums = floats(rows);
      reference.crossEntropyForward({ ...call, losses: floats(rows), logSums });
      return { ...call, logSums, dy: draw.floats(draw.flag() ? 1 : rows), share: draw.pick([1, 0.25, -2]) };
    },
    precision: (c) => ({ dx: Math.abs(c.share) * most(c.dy) * (1 + most(c.logits) + most(c.logSums)) }),
    refused: targetsRefused,
  },

  linearCrossEntropy: {
    call(draw) {
      const [rows, inputs, classes] = draw.sizes(3);
      const ignored = draw.pick([-100, -1, 0]);
      return {
        x: draw.floats(rows * inputs, 1),
        weight: draw.floats(classes * inputs, 1),
        bias: draw.maybe(() => draw.floats(classes)),
        targets: targets(draw, rows, classes, ignored),
        ...{ rows, inputs, classes, ignored, share: draw.pick([1, 0.25]), bf16: draw.flag() },
      };
    },
    precision(c) {
      const logit = 1 + c.inputs * most(c.x) * most(c.weight) + most(c.bias) + Math.log(1 + c.classes);
      const dLogit = c.share * logit;
      return {
        result: c.rows * logit,
        dx: 2 * dLogit * most(c.weight),
        dWeight: c.rows * dLogit * most(c.x),
        dBias: c.rows * dLogit,
      };
    },
    refused: targetsRefused,
  },

  recurrentForward: {
    call: recurrentLayer,
    precision: (c) => ({ output: stateSize(c), last: stateSize(c), kept: stateSize(c) }),
    refused: recurrentRefused,
  },

  recurrentBackward: {
    call(draw) {
      const { biasIh, biasHh, ...layer } = recurrentLayer(draw);
      const { batch, steps, hidden, kind } = layer;
      const length = batch * steps * hidden;
      const saved = { output: floats(length), kept: floats(kind === RECURRENT.gru ? 4 * length : 0) };
      reference.recurrentForward({ ...layer, biasIh, biasHh, ...saved, last: floats(batch * hidden) });
      return {
        ...layer,
        ...saved,
        dOutput: draw.maybe(() => draw.floats(length)),
        dLast: draw.maybe(() => draw.floats(batch * hidden)),
      };
    },
    precision(c) {
      // Gradients of a state do not grow, as |weightHh| is small; those of all steps and sequences are summed.
      const content = Math.max(1, most(c.kept) / 4);
      const d = (c.steps + 1) * (most(c.dOutput) + most(c.dLast)) * content;
      const rows = c.kind === RECURRENT.gru ? 3 * c.hidden : c.hidden;
      const all = c.batch * c.steps;
      return {
        dX: rows * d * most(c.weightIh),
        dWeightIh: all * d * most(c.x),
        dWeightHh: all * d * (most(c.output) + most(c.state)),
        dBiasIh: all * d,
        dBiasHh: all * d,
        dState: 3 * d,
      };
    },
    refused: (c) => [...recurrentRefused(), ...(c.kind === RECURRENT.gru ? [{ kept: undefined }] : [])],
  },

  sumOfSquares: {
    call: (draw) => ({ arrays: lists(draw).list() }),
    precision: (c) => ({ result: 1e-6 * reference.sumOfSquares(c) }), // in float64
  },

  adamStep: {
    call(draw) {
      const { lengths, list } = lists(draw);
      return {
        gradients: list(),
        factors: Float64Array.from(lengths.flatMap(() => [0.01, 1.5])),
        weights: list(),
        first: list(1),
        second: list(1, 0.01),
        ...{ beta1: 0.9, beta2: draw.pick([0.99, 0.999]), epsilon: 1e-8 },
        ...draw.pick([
          { shrink: 0.99, l2: 0 },
          { shrink: 1, l2: 0.1 },
        ]),
        scale: draw.pick([1, 0.3]),
      };
    },
    precision(c) {
      const g = largestOf(c.gradients) + c.l2 * largestOf(c.weights);
      const m = largestOf(c.first) + g;
      return { weights: largestOf(c.weights) + m, first: m, second: largestOf(c.second) + g * g };
    },
  },

  sgdStep: {
    call(draw) {
      const { list } = lists(draw);
      return {
        ...{ gradients: list(), weights: list(), velocity: list() },
        ...{ learningRate: 0.1, momentum: draw.pick([0, 0.9]), weightDecay: draw.pick([0, 0.1]) },
        scale: draw.pick([1, 0.3]),
      };
    },
    precision(c) {
      const v = largestOf(c.velocity) + largestOf(c.gradients) + largestOf(c.weights);
      return { velocity: v, weights: v };
    },
  },

  activationForward: {
    call: (draw) => ({
      x: draw.withSpecial(draw.floats(draw.length(), 6), [NaN, 0, -0]),
      kind: draw.pick([ACTIVATION.relu, ACTIVATION.gelu, ACTIVATION.geluTanh]),
    }),
    precision: (c) => ({ y: most(c.x) }),
    refused: () => [{ kind: ACTIVATION.none }],
  },

  activationBackward: {
    call(draw) {
      const length = draw.length();
      return {
        dy: draw.floats(length),
        x: draw.withSpecial(draw.floats(length, 6), [0, -0]),
        kind: draw.pick([ACTIVATION.relu, ACTIVATION.gelu, ACTIVATION.geluTanh]),
      };
    },
    precision: (c) => ({ dx: 4 * most(c.dy) }),
    refused: () => [{ kind: ACTIVATION.none }],
  },

  binary: {
    call(draw) {
      const types = draw.pick(Object.keys(BINARY) as (keyof typeof BINARY)[]);
      const name = draw.pick(Object.keys(BINARY[types]));
      const { sizes, length, a, b } = broadcast(draw);
      const isIntPower = types === 'int32' && name === 'power'; // exact in float64
      return {
        a: isIntPower ? draw.ints(a.length, -9, 9) : operand(draw, types, a.length),
        b: isIntPower ? draw.ints(b.length, -3, 9) : operand(draw, types, b.length),
        y: result(types, length),
        ...{ sizes, operation: (BINARY[types] as Record<string, number>)[name] },
        ...{ aVaries: a.bits, bVaries: b.bits },
      };
    },
    precision: (c) => ({ y: isExact(BINARY, c.a, c.y, c.operation) ? 'bits' : 'relative' }),
    refused: (c) => [{ operation: 99 }, { aVaries: 2 ** c.sizes.length }],
  },

  unary: {
    call(draw) {
      const types = draw.pick(Object.keys(UNARY) as (keyof typeof UNARY)[]);
      const operation = draw.pick(Object.values(UNARY[types]) as number[]);
      const length = draw.length();
      return {
        x: operand(draw, types, length),
        y: result(types, length),
        ...{ operation, p: draw.pick([-1.5, 0, 0.1]), q: draw.pick([0.2, 2.5]) },
      };
    },
    precision: (c) => ({ y: isExact(UNARY, c.x, c.y, c.operation) ? 'bits' : 'relative' }),
    refused: () => [{ operation: 99 }],
  },

  select: {
    call(draw) {
      const length = draw.length();
      const yes = numbers(draw, length);
      const no = yes.slice().reverse();
      return { condition: draw.bools(length), yes, no, y: like(yes, length) };
    },
    precision: () => ({ y: 'bits' }),
  },

  oneHot: {
    call(draw) {
      const [count, depth] = draw.longSizes(2);
      const y = like(numbers(draw, 0), count * depth);
      const [on, off] = y instanceof Float32Array ? [0.9, -0.1] : [1, 0];
      return { indices: draw.ints(count, -1, depth), y, depth, on, off };
    },
  },

  accumulate: {
    call(draw) {
      const length = draw.length();
      return { x: draw.withSpecial(draw.floats(length)), y: draw.withSpecial(draw.floats(length)) };
    },
  },

  reduce: {
    call(draw) {
      const [planes, rows, columns] = draw.longSizes(3);
      const x = numbers(draw, planes * Math.max(1, rows) * columns);
      const isBool = x instanceof Uint8Array;
      const operation = draw.pick(isBool ? [REDUCTION.maximum, REDUCTION.minimum] : Object.values(REDUCTION));
      const isProduct = operation === REDUCTION.product && x instanceof Float32Array;
      return {
        x: isProduct ? x.map((v) => v / 2) : x,
        y: like(x, planes * columns),
        ...{ operation, planes: isProduct ? planes * columns : planes, rows: Math.max(1, rows) },
        ...{ columns: isProduct ? 1 : columns, scale: draw.pick([1, 0.5]) },
      };
    },
    precision: (c): Record<string, Precision> =>
      c.x instanceof Float32Array && c.operation <= REDUCTION.product
        ? { y: c.operation === REDUCTION.sum ? c.rows * most(c.x) * c.scale : 1 }
        : {},
    refused: (c) => [
      { operation: others(REDUCTION) },
      { rows: 0, x: like(c.x, 0) },
      ...(c.x instanceof Uint8Array ? [{ operation: REDUCTION.sum }] : []),
    ],
  },

  cumulate: {
    call(draw) {
      const [planes, rows, columns] = draw.longSizes(3);
      const x = numbers(draw, planes * rows * columns, ['float32', 'int32']);
      const operation = draw.pick([REDUCTION.sum, REDUCTION.product]);
      return {
        x: operation === REDUCTION.product && x instanceof Float32Array ? x.map((v) => v / 2) : x,
        y: like(x, x.length),
        ...{ operation, planes, rows, columns, exclusive: draw.flag(), reverse: draw.flag() },
      };
    },
    precision: (c): Record<string, Precision> =>
      c.x instanceof Float32Array ? { y: c.operation === REDUCTION.sum ? c.rows * most(c.x) : 1 } : {},
    refused: (c) => [
      { operation: REDUCTION.maximum },
      { x: new Uint8Array(c.x.length), y: new Uint8Array(c.x.length) },
    ],
  },

  argExtremum: {
    call(draw) {
      const [rows, columns] = draw.longSizes(2);
      const x = numbers(draw, rows * Math.max(1, columns), ['float32', 'int32']);
      return { x, rows, columns: Math.max(1, columns), smallest: draw.flag() };
    },
    refused: (c) => [{ columns: 0, x: like(c.x, 0) }, { x: new Uint8Array(c.x.length) }],
  },

  softmaxRows: {
    call(draw) {
      const [rows, columns] = draw.longSizes(2);
      const x = draw.floats(rows * columns, 10);
      return { x: draw.flag() ? draw.withSpecial(x) : x, rows, columns };
    },
    precision: (c) => ({ y: 1 + most(c.x) }),
  },

  transpose: {
    call(draw) {
      const sizes = shape(draw);
      const order = sizes.map((_, d) => d);
      for (let d = order.length - 1; d > 0; d--) {
        const other = draw.integer(0, d);
        [order[d], order[other]] = [order[other], order[d]];
      }
      const x = numbers(
        draw,
        sizes.reduce((all, size) => all * size, 1),
        ['float32', 'int32'],
      );
      return { x, y: like(x, x.length), shape: Int32Array.from(sizes), order: Int32Array.from(order) };
    },
    precision: () => ({ y: 'bits' }),
    refused: (c) =>
      [
        { order: c.order.map(() => c.order.length) },
        { x: new Uint8Array(c.x.length), y: new Uint8Array(c.x.length) },
      ].slice(c.order.length === 0 ? 1 : 0),
  },

  copy: {
    call(draw) {
      const sizes = shape(draw);
      // Strides of x of any sign, or 0; of y with gaps.
      const xStrides = sizes.map(() => draw.integer(-3, 3));
      const span = (strides: number[], sign: number): number =>
        strides.reduce((all, stride, d) => all + Math.max(0, sign * stride) * Math.max(0, sizes[d] - 1), 0);
      const yStrides = sizes.map(() => 0);
      let extent = 1;
      for (let d = sizes.length - 1; d >= 0; d--) {
        yStrides[d] = extent + draw.integer(0, 2);
        extent += yStrides[d] * Math.max(0, sizes[d] - 1);
      }
      const [xStart, yStart] = [span(xStrides, -1) + draw.integer(0, 2), draw.integer(0, 2)];
      const x = numbers(draw, xStart + span(xStrides, 1) + 1);
      const y = numbers(draw, yStart + extent, ['float32', 'int32']);
      const parts = Float64Array.from([...sizes, ...xStrides, ...yStrides]);
      return { x, y: like(x, y.length).map((_, i) => y[i]), parts, xStart, yStart };
    },
    precision: () => ({ y: 'bits' }),
    refused(c) {
      if (c.parts.slice(0, c.parts.length / 3).includes(0)) return [];
      return [{ xStart: c.x.length }, { yStart: c.y.length }, { xStart: -1 }, { yStart: 0.5 }];
    },
  },

  gather: {
    call(draw) {
      const [batch, outer, each, inner] = draw.longSizes(4);
      const rows = draw.integer(1, 5);
      const x = numbers(draw, batch * outer * rows * inner);
      const indices = draw.ints(batch * each, 0, rows - 1);
      if (indices.length > 0 && draw.integer(0, 3) === 0) indices[0] = draw.pick([-1, rows]);
      return { x, indices, y: like(x, batch * outer * each * inner), batch, outer, rows, inner };
    },
    precision: () => ({ y: 'bits' }),
  },
};
