// Arithmetic element by element: functions of the native library.

/** Numbers of the operations of `binary`. */
export const BINARY = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
} as const;

/** Numbers of the operations of `unary`. */
export const UNARY = {
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

/** How an operand of a [rows, columns] operation lies in memory. */
export const LAYOUT = {
  /** [rows, columns] */
  full: 0,
  /** [columns], the same in each row */
  row: 1,
  /** [rows], the same all along a row */
  column: 2,
  /** one number */
  scalar: 3,
} as const;

export interface ElementwiseKernels {
  /** y [rows, columns] = a op b, each laid out as its number says. */
  binary(
    a: Float32Array,
    b: Float32Array,
    y: Float32Array,
    op: number,
    rows: number,
    columns: number,
    aLayout: number,
    bLayout: number,
  ): void;
  /** y = op x, of one length. */
  unary(x: Float32Array, y: Float32Array, op: number): void;
  /** y += x, of one length. */
  accumulate(x: Float32Array, y: Float32Array): void;
}
