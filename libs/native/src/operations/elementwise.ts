// Elementwise arithmetic on float32 tensors. Other types, and broadcasts that do not fold into two dimensions, are left to
// cpu's kernels.
import { tf } from '../tf.js';
import { floats, sizeOf, type Operation, type Operations } from './operation.js';

/** The kernels' numbers for binary operations. */
const BINARY = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
} as const;

/** The kernels' numbers for unary operations. */
const UNARY = {
  Relu: 0,
  Square: 1,
  Sqrt: 2,
  Rsqrt: 3,
  Neg: 4,
  Abs: 5,
  Reciprocal: 6,
  Sigmoid: 7,
  Tanh: 8,
  Exp: 9,
} as const;

/** The kernels' numbers for layouts of an operand of a [rows, columns] operation. */
const LAYOUT = {
  /** [rows, columns] */
  full: 0,
  /** [columns], repeated in each row */
  row: 1,
  /** [rows], repeated along each row */
  column: 2,
  /** one number */
  scalar: 3,
} as const;

/** A broadcast operation folded into [rows, columns]. */
interface Plan {
  readonly shape: number[];
  readonly rows: number;
  readonly columns: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Folds two broadcast shapes into at most two dimensions; undefined if they need more.
 *
 * @throws tfjs's error if the shapes do not match
 */
function plan(a: number[], b: number[]): Plan | undefined {
  if (sameShape(a, b)) {
    return { shape: a, rows: 1, columns: sizeOf(a), a: LAYOUT.full, b: LAYOUT.full };
  }
  const shape = tf.backend_util.assertAndGetBroadcastShape(a, b);
  // Runs of dimensions along which the same operands vary.
  const runs: { size: number; inA: boolean; inB: boolean }[] = [];
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const inA = has(a, d - shape.length);
    const inB = has(b, d - shape.length);
    const last = runs.at(-1);
    if (last && last.inA === inA && last.inB === inB) last.size *= shape[d];
    else runs.push({ size: shape[d], inA, inB });
  }
  if (runs.length > 2) return undefined;
  const all = { size: 1, inA: true, inB: true };
  const [rows, columns] = runs.length === 2 ? runs : [all, runs[0] ?? all];
  return {
    shape,
    rows: rows.size,
    columns: columns.size,
    a: layoutOf(runs.length < 2 || rows.inA, columns.inA, runs.length < 2),
    b: layoutOf(runs.length < 2 || rows.inB, columns.inB, runs.length < 2),
  };
}

function has(shape: number[], fromEnd: number): boolean {
  return shape.length + fromEnd >= 0 && shape[shape.length + fromEnd] !== 1;
}

function layoutOf(inRows: boolean, inColumns: boolean, oneRow: boolean): number {
  if (inColumns) return inRows ? LAYOUT.full : LAYOUT.row;
  return inRows && !oneRow ? LAYOUT.column : LAYOUT.scalar;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, d) => size === b[d]);
}

function binary(op: number): Operation {
  return ({ inputs: { a, b }, backend }) => {
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
    const planned = plan(a.shape, b.shape);
    if (!planned) return undefined;
    const y = backend.output(planned.shape, 'float32');
    backend.kernels.binary(
      floats(backend, a),
      floats(backend, b),
      floats(backend, y),
      op,
      planned.rows,
      planned.columns,
      planned.a,
      planned.b,
    );
    return y;
  };
}

function unary(op: number): Operation {
  return ({ inputs: { x }, backend }) => {
    if (x.dtype !== 'float32') return undefined;
    const y = backend.output(x.shape, 'float32');
    backend.kernels.unary(floats(backend, x), floats(backend, y), op);
    return y;
  };
}

const addN: Operation = ({ inputs, backend }) => {
  const terms = Object.values(inputs);
  const { shape } = terms[0];
  if (terms.length < 2) return undefined;
  if (!terms.every((term) => term.dtype === 'float32' && sameShape(term.shape, shape))) return undefined;
  const y = backend.output(shape, 'float32');
  const sum = floats(backend, y);
  const [first, second, ...others] = terms.map((term) => floats(backend, term));
  backend.kernels.binary(first, second, sum, BINARY.Add, 1, sum.length, LAYOUT.full, LAYOUT.full);
  for (const term of others) backend.kernels.accumulate(term, sum);
  return y;
};

export const elementwise: Operations = {
  ...Object.fromEntries(Object.entries(BINARY).map(([name, op]) => [name, binary(op)])),
  ...Object.fromEntries(Object.entries(UNARY).map(([name, op]) => [name, unary(op)])),
  AddN: addN,
};
