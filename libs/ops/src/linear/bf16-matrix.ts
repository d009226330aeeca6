// Weight matrices stored as bf16, in half the memory of float32. For inference: training steps are below bf16's
// resolution.
import { tf } from '@lilformer/engine';
import { integers } from '../support/kernels.js';

/**
 * A weight matrix rounded to bf16 (relative error up to 2⁻⁹). Kernels multiply by it directly; other engines
 * convert it to float32 for each use. It gets no gradient itself.
 */
export class Bf16Matrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly rank = 2;
  /** int32 `[rows, ⌈columns / 2⌉]`: two numbers per word, the first in the lower half. */
  readonly words: tf.Tensor2D;

  private constructor(words: Int32Array, [rows, columns]: readonly number[]) {
    this.shape = [rows, columns];
    this.words = tf.keep(tf.tensor2d(words, [rows, wordsOf(columns)], 'int32'));
  }

  /**
   * Rounds float32 values to the nearest bf16, ties to even.
   *
   * @param values row-major
   * @param shape `[rows, columns]`
   * @throws Error when the number of values does not fit the shape
   */
  static from(values: Float32Array, shape: readonly number[]): Bf16Matrix {
    const words = emptyWords(shape);
    writeRows(values, words, 0, shape);
    return new Bf16Matrix(words, shape);
  }

  /**
   * As `from`, a few rows at a time, so that the float32 values are never all in memory.
   *
   * @param read returns rows `first` to `first` + `count` - 1, row-major
   * @throws Error when it returns another number of values
   */
  static async read(
    shape: readonly number[],
    read: (first: number, count: number) => Promise<Float32Array>,
  ): Promise<Bf16Matrix> {
    const words = emptyWords(shape);
    const [rows, columns] = shape;
    const chunk = Math.max(1, Math.floor(CHUNK / columns));
    for (let first = 0; first < rows; first += chunk) {
      const count = Math.min(chunk, rows - first);
      writeRows(await read(first, count), words, first, [count, columns]);
    }
    return new Bf16Matrix(words, shape);
  }

  /** The size in bytes of a matrix of this shape. */
  static bytesOf([rows, columns]: readonly number[]): number {
    return 4 * rows * wordsOf(columns);
  }

  /** The size in bytes. */
  get bytes(): number {
    return Bf16Matrix.bytesOf(this.shape);
  }

  /** The values as float32, row-major. */
  values(): Float32Array {
    const [rows, columns] = this.shape;
    const values = new Float32Array(rows * columns);
    this.copyRows(
      Array.from({ length: rows }, (_, row) => row),
      values,
    );
    return values;
  }

  /** The values as a float32 tensor, which the caller disposes. */
  toTensor(): tf.Tensor2D {
    return tf.tensor2d(this.values(), [...this.shape]);
  }

  /** Copies rows by index into consecutive rows of `to`. The indices must be in range. */
  copyRows(rows: ArrayLike<number>, to: Float32Array<ArrayBufferLike>): void {
    const columns = this.shape[1];
    const width = this.words.shape[1];
    const words = integers(this.words);
    const bits = new Uint32Array(to.buffer, to.byteOffset, to.length);
    for (let i = 0, at = 0; i < rows.length; i++) {
      const from = rows[i] * width;
      for (let column = 0; column < columns; column++, at++) {
        const word = words[from + (column >> 1)];
        bits[at] = column & 1 ? word & 0xffff0000 : word << 16;
      }
    }
  }

  dispose(): void {
    this.words.dispose();
  }
}

/** A weight of a linear layer or an embedding. */
export type Weight = tf.Tensor | Bf16Matrix;

/** Number of values that `read` reads at a time. */
const CHUNK = 2 ** 20;

/** Words per row. */
function wordsOf(columns: number): number {
  return Math.ceil(columns / 2);
}

function emptyWords(shape: readonly number[]): Int32Array {
  if (shape.length !== 2) {
    throw new Error(`a bf16 matrix of shape [${shape.join(', ')}]: expected [rows, columns]`);
  }
  return new Int32Array(shape[0] * wordsOf(shape[1]));
}

/** Rounds `values` into the words of rows `first`, `first` + 1, … */
function writeRows(
  values: Float32Array,
  words: Int32Array,
  first: number,
  [rows, columns]: readonly number[],
): void {
  if (values.length !== rows * columns) {
    throw new Error(`${values.length} values for ${rows} rows of ${columns}: expected ${rows * columns}`);
  }
  const width = wordsOf(columns);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    const to = (first + row) * width;
    for (let column = 0; column < columns; column += 2) {
      const low = rounded(bits[from + column]);
      const high = column + 1 < columns ? rounded(bits[from + column + 1]) : 0;
      words[to + (column >> 1)] = low | (high << 16);
    }
  }
}

/** The upper half of a float's bits, rounded to nearest, ties to even; NaN stays NaN. */
function rounded(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
