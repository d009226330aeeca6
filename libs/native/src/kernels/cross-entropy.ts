// Cross entropy from logits, and fused with the output projection: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface CrossEntropyKernels {
  /** Losses of rows of logits; gives their sum. A target that is neither a class nor `ignored` is an error. */
  crossEntropyForward(
    /** [rows, classes] */
    logits: Floats,
    /** [rows] */
    targets: Int32Array,
    /** [rows]: 0 where ignored */
    losses: Floats,
    /** [rows]: log Σ exp of each row, where a gradient will ask for it */
    logSums: Floats | undefined,
    rows: number,
    classes: number,
    ignored: number,
  ): number;

  /** dx = dy · share · (softmax(logits) - one at the target), 0 in ignored rows. */
  crossEntropyBackward(
    logits: Floats,
    targets: Int32Array,
    logSums: Floats,
    /** [rows], or one number for all */
    dy: Floats,
    /** [rows, classes] */
    dx: Floats,
    rows: number,
    classes: number,
    ignored: number,
    share: number,
  ): void;

  /**
   * The sum of the losses of logits x · weightᵀ + bias, which are never all in memory. Where there is an array for a
   * gradient it gets that of `share` times the sum.
   */
  linearCrossEntropy(
    /** [rows, inputs] */
    x: Floats,
    /** [classes, inputs] */
    weight: Floats,
    /** [classes] */
    bias: Floats | undefined,
    /** [rows] */
    targets: Int32Array,
    dx: Floats | undefined,
    dWeight: Floats | undefined,
    dBias: Floats | undefined,
    rows: number,
    inputs: number,
    classes: number,
    ignored: number,
    share: number,
    /** Factors rounded to bf16, where the processor multiplies those. */
    bf16: boolean,
  ): number;
}
