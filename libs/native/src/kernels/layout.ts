// Transposes, slices, concatenation, rows by number: functions of the native library. They copy words of 32 bits,
// whatever they mean: an int32 array is handed over as a Float32Array of the same memory.

export interface LayoutKernels {
  /** y = x [shape] with dimension d of y being dimension order[d] of x. */
  transpose(x: Float32Array, y: Float32Array, shape: Int32Array, order: Int32Array): void;
  /** y [size] = the part of x [shape] from begin on. */
  slice(x: Float32Array, y: Float32Array, shape: Int32Array, begin: Int32Array, size: Int32Array): void;
  /** Copies x [rows, columns] into the columns of y [rows, yColumns] from yBegin on. */
  copyColumns(
    x: Float32Array,
    y: Float32Array,
    rows: number,
    columns: number,
    yColumns: number,
    yBegin: number,
  ): void;
  /** y [indices, columns] = rows of the table [rows, columns]; false where an index is outside of it. */
  takeRows(table: Float32Array, indices: Int32Array, y: Float32Array, rows: number, columns: number): boolean;
}
