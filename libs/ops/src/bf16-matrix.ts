// Matrices kept as bf16 numbers, in half the memory of float32: weights to compute with. Leaves out training, whose steps
// are smaller than what these numbers tell apart.
import { tf } from '@lilformer/engine';
import { integers } from './memory.js';

/**
 * A matrix of weights rounded to bf16: float32's eight bits of exponent, but only eight digits of mantissa (relative
 * error up to 2⁻⁹). The native engine multiplies with it as it is; the others make float32 of it for each use.
 *
 * It gets no gradient, but what it is multiplied with does.
 */
export class Bf16Matrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly rank = 2;
  /** int32 `[rows, ⌈columns / 2⌉]`: two numbers in a word, the first in its lower half. */
  readonly words: tf.Tensor2D;

  private constructor(words: Int32Array, [rows, columns]: readonly number[]) {
    this.shape = [rows, columns];
    this.words = tf.keep(tf.tensor2d(words, [rows, wordsOf(columns)], 'int32'));
  }

  /**
   * @param values row after row; rounded to nearest, halves to even
   * @param shape `[rows, columns]`
   * @throws Error when there are more or fewer values
   */
  static from(values: Float32Array, shape: readonly number[]): Bf16Matrix {
    const words = emptyWords(shape);
    writeRows(values, words, 0, shape);
    return new Bf16Matrix(words, shape);
  }

  /**
   * The same, some rows at a time, so that not all have to be in memory as float32.
   * @param read gives `count` rows from the `first` on, row after row
   * @throws Error when it gives more or fewer values
   */
  static async read(
    shape: readonly number[],
    read: (first: number, count: number) => Promise<Float32Array>,
  ): Promise<Bf16Matrix> {
    const words = emptyWords(shape);
    const [rows, columns] = shape;
    const most = Math.max(1, Math.floor(AT_A_TIME / columns));
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      writeRows(await read(first, count), words, first, [count, columns]);
    }
    return new Bf16Matrix(words, shape);
  }

  /** Bytes in memory of a matrix of this shape. */
  static bytesOf([rows, columns]: readonly number[]): number {
    return 4 * rows * wordsOf(columns);
  }

  /** Bytes in memory. */
  get bytes(): number {
    return Bf16Matrix.bytesOf(this.shape);
  }

  /** The numbers, row after row. */
  values(): Float32Array {
    const [rows, columns] = this.shape;
    const values = new Float32Array(rows * columns);
    this.copyRows(
      Array.from({ length: rows }, (_, row) => row),
      values,
    );
    return values;
  }

  /** The numbers as a float32 tensor, to be disposed by the caller. */
  toTensor(): tf.Tensor2D {
    return tf.tensor2d(this.values(), [...this.shape]);
  }

  /** Writes the numbers of `rows`, which are there, one row behind the other. */
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

/** What a product or a look-up takes for a weight. */
export type Weight = tf.Tensor | Bf16Matrix;

/** Numbers that are read at a time. */
const AT_A_TIME = 2 ** 20;

/** Words of a row. */
function wordsOf(columns: number): number {
  return Math.ceil(columns / 2);
}

function emptyWords(shape: readonly number[]): Int32Array {
  if (shape.length !== 2) {
    throw new Error(`a bf16 matrix of shape [${shape.join(', ')}]: expected [rows, columns]`);
  }
  return new Int32Array(shape[0] * wordsOf(shape[1]));
}

/** Rounds `values`, rows of `shape`, into the words of the row `first` and those after it. */
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

/** The upper half of a float's bits, rounded to nearest, halves to even; NaN stays NaN. */
function rounded(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
