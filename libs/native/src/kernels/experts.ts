// Tokens to their experts and back: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface ExpertsKernels {
  /**
   * Row i of `to`, counted through all its matrices, becomes row `index[i]` of `from`, counted likewise, or zeros
   * where that is negative.
   */
  gatherRows(
    /** [rows, width] each */
    from: readonly Floats[],
    /** as many as `to` has rows */
    index: Int32Array,
    to: readonly Floats[],
    width: number,
  ): void;
}
