// Elementwise operations on float32, int32 and bool tensors, broadcast where they take two. Other types, and operands of
// different types, are left to cpu's kernels.
import { tf } from '../../tf.js';
import type { KernelsBackend } from '../backend.js';
import {
  intArguments,
  floats,
  isNumeric,
  shared,
  sizeOf,
  type Numeric,
  type Operation,
  type Operations,
} from './operation.js';

const ARITHMETIC = [
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'Maximum',
  'Minimum',
  'SquaredDifference',
  'Pow',
  'Mod',
];
const COMPARISONS = ['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual'];

/** tfjs's kernels by the types of operands and result, in the order of the tables of rust/kernels/elementwise/binary.rs. */
const BINARY: Tables = {
  'float32 float32': [...ARITHMETIC, 'Atan2', 'Prelu', 'EluGrad'],
  'float32 int32': ['FloorDiv'],
  'float32 bool': COMPARISONS,
  'int32 int32': [...ARITHMETIC, 'FloorDiv', 'BitwiseAnd'],
  'int32 bool': COMPARISONS,
  'bool bool': [...COMPARISONS, 'LogicalAnd', 'LogicalOr'],
};

/** The same for rust/kernels/elementwise/unary.rs. */
const UNARY: Tables = {
  'float32 float32': [
    ...[
      'Relu',
      'Square',
      'Sqrt',
      'Rsqrt',
      'Neg',
      'Abs',
      'Reciprocal',
      'Relu6',
      'Step',
      'Sign',
      'Ceil',
      'Floor',
    ],
    ...[
      'Round',
      'ClipByValue',
      'LeakyRelu',
      'Elu',
      'Selu',
      'Softplus',
      'Expm1',
      'Log',
      'Log1p',
      'Erf',
      'Sinh',
    ],
    ...[
      'Cosh',
      'Asin',
      'Acos',
      'Atan',
      'Asinh',
      'Acosh',
      'Atanh',
      'Sigmoid',
      'Tanh',
      'Exp',
      'Sin',
      'Cos',
      'Tan',
    ],
  ],
  'float32 bool': ['Cast', 'IsNan', 'IsInf', 'IsFinite'],
  'int32 int32': ['Relu', 'Square', 'Neg', 'Abs', 'Relu6', 'Step', 'Sign', 'ClipByValue'],
  'bool bool': ['LogicalNot'],
};

type Tables = Readonly<Record<string, readonly string[]>>;

/** A kernel's function for a type of operands. */
interface Entry {
  readonly dtype: Numeric;
  readonly index: number;
}

/** The functions of each kernel by type of operands. */
function entries(tables: Tables): Map<string, Partial<Record<tf.DataType, Entry>>> {
  const found = new Map<string, Partial<Record<tf.DataType, Entry>>>();
  for (const [types, names] of Object.entries(tables)) {
    const [operand, dtype] = types.split(' ') as [Numeric, Numeric];
    for (const [index, name] of names.entries()) {
      found.set(name, { ...found.get(name), [operand]: { dtype, index } });
    }
  }
  return found;
}

/** Two broadcast shapes with dimensions of size 1 left out and neighbors merged. */
interface Plan {
  readonly shape: number[];
  readonly sizes: Int32Array;
  /** Bits of the dimensions along which each operand varies. */
  readonly a: number;
  readonly b: number;
}

/** Sizes are int32 numbers. */
const MAX_SIZE = 2 ** 31 - 1;

/** The sizes are valid until the next plan. @throws tfjs's error if the shapes do not match */
function plan(a: number[], b: number[]): Plan {
  if (sameShape(a, b)) {
    const size = sizeOf(a);
    if (size <= MAX_SIZE) {
      const [, sizes] = intArguments;
      sizes[0] = size;
      return { shape: a, sizes, a: 1, b: 1 };
    }
  }
  const shape = tf.backend_util.assertAndGetBroadcastShape(a, b);
  const all = intArguments[shape.length];
  let [rank, aVaries, bVaries] = [0, 0, 0];
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 1) continue;
    const inA = varies(a, d - shape.length);
    const inB = varies(b, d - shape.length);
    const last = rank - 1;
    const isRun = rank > 0 && ((aVaries >> last) & 1) === inA && ((bVaries >> last) & 1) === inB;
    if (isRun && all[last] * size <= MAX_SIZE) {
      all[last] *= size;
    } else {
      all[rank] = size;
      aVaries |= inA << rank;
      bVaries |= inB << rank;
      rank++;
    }
  }
  return { shape, sizes: intArguments[rank], a: aVaries, b: bVaries };
}

/** Whether a tensor of this shape varies along a dimension, counted from the end. */
function varies(shape: number[], fromEnd: number): 0 | 1 {
  const d = shape.length + fromEnd;
  return d >= 0 && shape[d] !== 1 ? 1 : 0;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

/** f(a, b); names of the operands default to a and b. */
function binary(byType: Partial<Record<tf.DataType, Entry>>, first = 'a', second = 'b'): Operation {
  return ({ inputs: { [first]: a, [second]: b }, backend }) => {
    const entry = byType[a.dtype];
    if (!entry || a.dtype !== b.dtype) return undefined;
    const aValues = backend.values(a.dataId);
    const bValues = backend.values(b.dataId);
    const planned = plan(a.shape, b.shape);
    const y = backend.output(planned.shape, entry.dtype);
    const values = backend.values(y.dataId);
    if (values.length === 0) return y;
    backend.kernels.binary({
      a: aValues,
      b: bValues,
      y: values,
      sizes: planned.sizes,
      operation: entry.index,
      aVaries: planned.a,
      bVaries: planned.b,
    });
    return y;
  };
}

function unary(byType: Partial<Record<tf.DataType, Entry>>): Operation {
  return ({ inputs: { x }, attrs, backend }) => {
    const entry = byType[x.dtype];
    if (!entry) return undefined;
    const [p, q] = [attrs?.alpha ?? attrs?.clipValueMin ?? 0, attrs?.clipValueMax ?? 0] as [number, number];
    const y = backend.output(x.shape, entry.dtype);
    const [from, to] = [backend.values(x.dataId), backend.values(y.dataId)];
    backend.kernels.unary({ x: from, y: to, operation: entry.index, p, q });
    return y;
  };
}

/** A tensor of another type. */
export function converted(backend: KernelsBackend, x: tf.TensorInfo, dtype: Numeric): tf.TensorInfo {
  const y = backend.output(x.shape, dtype);
  const [from, to] = [backend.values(x.dataId), backend.values(y.dataId)];
  backend.kernels.unary({ x: from, y: to, operation: 0, p: 0, q: 0 }); // 0: Cast, in all tables of two types
  return y;
}

const cast: Operation = ({ inputs: { x }, attrs, backend }) => {
  const dtype = attrs?.dtype as tf.DataType;
  if (!isNumeric(dtype) || !isNumeric(x.dtype)) return undefined;
  // cpu relabels int32 as float32 without converting.
  return dtype === x.dtype ? shared(backend, x, x.shape) : converted(backend, x, dtype);
};

const select: Operation = ({ inputs: { condition, t, e }, backend }) => {
  const alike = sameShape(condition.shape, t.shape) && sameShape(t.shape, e.shape) && t.dtype === e.dtype;
  if (!alike || condition.dtype !== 'bool' || !isNumeric(t.dtype)) return undefined;
  const y = backend.output(t.shape, t.dtype);
  backend.kernels.select({
    condition: backend.values(condition.dataId) as Uint8Array,
    yes: backend.values(t.dataId),
    no: backend.values(e.dataId),
    y: backend.values(y.dataId),
  });
  return y;
};

const oneHot: Operation = ({ inputs: { indices }, attrs, backend }) => {
  const { dtype, depth, onValue, offValue } = attrs as unknown as tf.OneHotAttrs;
  if (indices.dtype !== 'int32' || !isNumeric(dtype)) return undefined;
  // cpu keeps fractions in int32 tensors.
  if (dtype !== 'float32' && !(Number.isInteger(onValue) && Number.isInteger(offValue))) return undefined;
  const y = backend.output([...indices.shape, depth], dtype);
  backend.kernels.oneHot({
    indices: backend.values(indices.dataId) as Int32Array,
    y: backend.values(y.dataId),
    depth,
    on: onValue,
    off: offValue,
  });
  return y;
};

const addN: Operation = ({ inputs, backend }) => {
  const terms = Object.values(inputs);
  const { shape } = terms[0];
  if (terms.length < 2) return undefined;
  if (!terms.every((term) => term.dtype === 'float32' && sameShape(term.shape, shape))) return undefined;
  const y = backend.output(shape, 'float32');
  const sum = floats(backend, y);
  const [first, second, ...others] = terms.map((term) => floats(backend, term));
  const { sizes } = plan(shape, shape);
  backend.kernels.binary({ a: first, b: second, y: sum, sizes, operation: 0, aVaries: 1, bVaries: 1 });
  for (const term of others) backend.kernels.accumulate({ x: term, y: sum });
  return y;
};

/** Names of operands that are not a and b. */
const OPERANDS: Readonly<Record<string, [string, string]>> = { Prelu: ['x', 'alpha'], EluGrad: ['dy', 'y'] };

export const elementwise: Operations = {
  ...Object.fromEntries(
    [...entries(BINARY)].map(([name, byType]) => [name, binary(byType, ...(OPERANDS[name] ?? []))]),
  ),
  ...Object.fromEntries([...entries(UNARY)].map(([name, byType]) => [name, unary(byType)])),
  Cast: cast,
  Select: select,
  OneHot: oneHot,
  AddN: addN,
};
