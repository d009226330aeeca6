// Sums, means, largest of rows, softmax: functions of the native library.

export interface ReduceKernels {
  /** y [rows] = sums along the rows of x [rows, columns], times scale. */
  sumRows(x: Float32Array, y: Float32Array, rows: number, columns: number, scale: number): void;
  /** y [columns] = sums down the columns of x [rows, columns], times scale. */
  sumColumns(x: Float32Array, y: Float32Array, rows: number, columns: number, scale: number): void;
  /** y [rows] = largest of each row of x [rows, columns], NaN where there is one; at least one column. */
  maxRows(x: Float32Array, y: Float32Array, rows: number, columns: number): void;
  /** y [rows] = place of the largest of each row of x [rows, columns], the first of several; at least one column. */
  argmaxRows(x: Float32Array, y: Int32Array, rows: number, columns: number): void;
  /** y [rows, columns] = softmax of each row of x [rows, columns]. */
  softmaxRows(x: Float32Array, y: Float32Array, rows: number, columns: number): void;
}
