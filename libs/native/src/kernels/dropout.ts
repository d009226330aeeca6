// Dropout and residual connections: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface DropoutKernels {
  /** y = dropout(x), plus `base` where there is one. */
  dropout(
    /** [rows, columns] */
    x: Floats,
    /** [rows, columns] */
    base: Floats | undefined,
    y: Floats,
    rows: number,
    columns: number,
    /** At least 0 and below 1. */
    rate: number,
    seed: number,
    counter: number,
  ): void;

  /** sum = x + y, any length. */
  residualAdd(x: Floats, y: Floats, sum: Floats): void;
}
