// Elementwise functions on float32, int32 and bool arrays. Results are those of JavaScript's operators, converted to the type of
// the result as typed arrays do: rounded to float32, or taken modulo 2^32.
import type { Kernels, Numbers } from '../kernels.js';
import { BINARY, UNARY } from '../operations.js';
import { erf, relu, sigmoid } from './activations.js';
import { assert } from './checked.js';

type Elementwise = Pick<Kernels, 'binary' | 'unary' | 'select' | 'oneHot' | 'accumulate'>;

type Binary = (a: number, b: number) => number;
type Unary = (x: number, p: number, q: number) => number;

/** The remainder with the sign of b. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  const isOfOneSign = (a < 0 && b < 0) || (a >= 0 && b >= 0);
  return isOfOneSign ? rest : (rest + b) % b;
}

/** The nearest integer, ties to even. */
function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const isTie = x - floor === 0.5;
  const rounded = isTie ? 2 * Math.round(x / 2) : Math.round(x);
  return rounded === 0 ? 0 * x : rounded; // with the sign of x
}

const comparisons: Record<keyof typeof BINARY.float32ToBool, Binary> = {
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
};

const floorDivide: Binary = (a, b) => Math.floor(a / b);

const binaryFunctions: { [T in keyof typeof BINARY]: Record<keyof (typeof BINARY)[T], Binary> } = {
  float32: {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => a / b,
    maximum: Math.max, // NaN if either is, and 0 exceeds -0
    minimum: Math.min,
    squaredDifference: (a, b) => (a - b) ** 2,
    power: (a, b) => a ** b,
    modulo,
    arcTangent2: Math.atan2,
    prelu: (a, b) => (a < 0 ? a * b : a),
    eluGradient: (dy, y) => (y >= 0 ? dy : dy * (y + 1)),
  },
  int32: {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: Math.imul,
    divide: (a, b) => (b === 0 ? 0 : a / b),
    maximum: Math.max,
    minimum: Math.min,
    squaredDifference: (a, b) => Math.imul(a - b, a - b),
    power: (a, b) => a ** b,
    modulo: (a, b) => (b === 0 ? 0 : modulo(a, b)),
    floorDivide,
    bitwiseAnd: (a, b) => a & b,
  },
  bool: { ...comparisons, and: (a, b) => a && b, or: (a, b) => a || b },
  float32ToInt32: { floorDivide },
  float32ToBool: comparisons,
  int32ToBool: comparisons,
};

const cast: Unary = (x) => x;
const isNonzero: Unary = (x) => Number(x !== 0);
const sign: Unary = (x) => (x > 0 ? 1 : x < 0 ? -1 : 0);
const clip: Unary = (x, p, q) => (x > q ? q : x < p ? p : x);

const SELU = { scale: 1.050701, alpha: 1.7580993408473766 }; // alpha times scale

const unaryFunctions: { [T in keyof typeof UNARY]: Record<keyof (typeof UNARY)[T], Unary> } = {
  float32: {
    relu,
    square: (x) => x * x,
    squareRoot: Math.sqrt,
    inverseSquareRoot: (x) => 1 / Math.sqrt(x),
    negative: (x) => -x,
    absolute: Math.abs,
    reciprocal: (x) => 1 / x,
    relu6: (x) => (x < 0 ? 0 : x > 6 ? 6 : x),
    step: (x, p) => (Number.isNaN(x) ? x : x > 0 ? 1 : p),
    sign,
    ceil: Math.ceil,
    floor: Math.floor,
    round: roundToEven,
    clip: (x, p, q) => clip(x, Math.fround(p), Math.fround(q)),
    leakyRelu: (x, p) => (x < 0 ? Math.fround(p) * x : x),
    elu: (x) => (x >= 0 ? x : Math.expm1(x)),
    selu: (x) => (x >= 0 ? SELU.scale * x : SELU.alpha * Math.expm1(x)),
    softplus: (x) => (x > 40 ? x : Math.log1p(Math.exp(x))),
    exponentialMinus1: Math.expm1,
    logarithm: Math.log,
    logarithmPlus1: Math.log1p,
    errorFunction: erf,
    hyperbolicSine: Math.sinh,
    hyperbolicCosine: Math.cosh,
    arcSine: Math.asin,
    arcCosine: Math.acos,
    arcTangent: Math.atan,
    inverseHyperbolicSine: Math.asinh,
    inverseHyperbolicCosine: Math.acosh,
    inverseHyperbolicTangent: Math.atanh,
    sigmoid,
    tanh: Math.tanh,
    exponential: Math.exp,
    sine: Math.sin,
    cosine: Math.cos,
    tangent: Math.tan,
  },
  int32: {
    relu,
    square: (x) => Math.imul(x, x),
    negative: (x) => -x,
    absolute: Math.abs,
    relu6: (x) => Math.min(Math.max(x, 0), 6),
    step: (x, p) => (x > 0 ? 1 : p),
    sign,
    clip,
  },
  bool: { not: (x) => Number(x === 0) },
  float32ToBool: {
    cast: isNonzero,
    isNan: (x) => Number(Number.isNaN(x)),
    isInfinite: (x) => Number(Math.abs(x) === Infinity),
    isFinite: (x) => Number(Number.isFinite(x)),
  },
  float32ToInt32: { cast },
  int32ToFloat32: { cast },
  int32ToBool: { cast: isNonzero },
  boolToFloat32: { cast },
  boolToInt32: { cast },
};

type TypeName = 'float32' | 'int32' | 'bool';

function typeOf(array: Numbers): TypeName {
  return array instanceof Float32Array ? 'float32' : array instanceof Int32Array ? 'int32' : 'bool';
}

const capitalized = (name: string): string => name[0].toUpperCase() + name.slice(1);

/** The function of a number in the table of these types. */
function functionOf<F>(
  tables: Readonly<Record<string, Readonly<Record<string, number>>>>,
  functions: Readonly<Record<string, Readonly<Record<string, F>>>>,
  [operand, result]: readonly [TypeName, TypeName],
  operation: number,
): F {
  const types = operand === result ? operand : `${operand}To${capitalized(result)}`;
  assert(types in tables, `operation: none takes ${operand} and gives ${result}. Expected other types.`);
  const name = Object.keys(tables[types]).find((name) => tables[types][name] === operation);
  const count = Object.keys(tables[types]).length;
  assert(name !== undefined, `operation: ${operation}. Expected 0 to ${count - 1}.`);
  return functions[types][name];
}

/** Maximum number of dimensions. */
export const MAX_RANK = 32;

function assertOneType(...arrays: Numbers[]): void {
  const types = arrays.map(typeOf);
  const isOne = types.every((type) => type === types[0]);
  assert(isOne, `arrays: ${types.join(', ')}. Expected one type.`);
}

export const elementwise: Elementwise = {
  binary({ a, b, y, sizes, operation, aVaries, bVaries }) {
    const rank = sizes.length;
    assert(rank <= MAX_RANK, `sizes: ${rank} dimensions. Expected at most ${MAX_RANK}.`);
    assert(
      sizes.every((size) => size >= 0),
      'sizes: a negative number. Expected at least 0.',
    );
    const isInside = Math.max(aVaries, bVaries) < 2 ** rank;
    assert(isInside, `aVaries and bVaries: ${aVaries}, ${bVaries}. Expected less than ${2 ** rank}.`);
    assertOneType(a, b);
    const f = functionOf(BINARY, binaryFunctions, [typeOf(a), typeOf(y)], operation);
    for (let i = 0; i < y.length; i++) {
      // The indices of i along each dimension, from the last, give the elements of a and b.
      let [rest, aAt, bAt, aStride, bStride] = [i, 0, 0, 1, 1];
      for (let d = rank - 1; d >= 0; d--) {
        const index = rest % sizes[d];
        rest = Math.floor(rest / sizes[d]);
        if ((aVaries >>> d) & 1) {
          aAt += index * aStride;
          aStride *= sizes[d];
        }
        if ((bVaries >>> d) & 1) {
          bAt += index * bStride;
          bStride *= sizes[d];
        }
      }
      y[i] = f(a[aAt], b[bAt]);
    }
  },

  unary({ x, y, operation, p, q }) {
    const f = functionOf(UNARY, unaryFunctions, [typeOf(x), typeOf(y)], operation);
    for (let i = 0; i < x.length; i++) y[i] = f(x[i], p, q);
  },

  select({ condition, yes, no, y }) {
    assertOneType(yes, no, y);
    for (let i = 0; i < y.length; i++) y[i] = condition[i] === 1 ? yes[i] : no[i];
  },

  oneHot({ indices, y, depth, on, off }) {
    for (let i = 0; i < y.length; i++) y[i] = indices[Math.floor(i / depth)] === i % depth ? on : off;
  },

  accumulate({ x, y }) {
    for (let i = 0; i < x.length; i++) y[i] += x[i];
  },
};

export { assertOneType, typeOf };
