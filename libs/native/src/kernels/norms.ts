// Layer norm and RMS norm: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface NormsKernels {
  layerNormForward(
    /** [rows, width] */
    x: Floats,
    /** [rows, width]: added to x first; undefined without a residual connection */
    added: Floats | undefined,
    /** [width] */
    weight: Floats,
    /** [width] */
    bias: Floats,
    /** [rows, width]: x + added, where that is given */
    sum: Floats | undefined,
    /** [rows, width] */
    y: Floats,
    /** [rows, 2]: mean and reciprocal deviation, where a gradient will be asked for */
    statistics: Floats | undefined,
    rows: number,
    width: number,
    epsilon: number,
  ): void;

  layerNormBackward(
    dy: Floats,
    /** What was normalised: the sum, where there was one. */
    x: Floats,
    weight: Floats,
    statistics: Floats,
    /** [rows, width]: added to dx */
    base: Floats | undefined,
    dx: Floats,
    dWeight: Floats,
    dBias: Floats,
    rows: number,
    width: number,
  ): void;

  rmsNormForward(
    x: Floats,
    added: Floats | undefined,
    weight: Floats,
    sum: Floats | undefined,
    y: Floats,
    /** [rows]: reciprocal root mean square, where a gradient will be asked for */
    scales: Floats | undefined,
    rows: number,
    width: number,
    epsilon: number,
  ): void;

  rmsNormBackward(
    dy: Floats,
    x: Floats,
    weight: Floats,
    scales: Floats,
    base: Floats | undefined,
    dx: Floats,
    dWeight: Floats,
    rows: number,
    width: number,
  ): void;
}
