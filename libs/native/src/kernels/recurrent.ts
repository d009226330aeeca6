// RNN and GRU over whole sequences: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

/** `kind`: 0 tanh, 1 relu (G = 1), 2 GRU (G = 3; r, z, n). */
export interface RecurrentKernels {
  recurrentForward(
    /** [batch, steps, inputs] */
    x: Floats,
    /** [G · hidden, inputs] */
    weightIh: Floats,
    /** [G · hidden, hidden] */
    weightHh: Floats,
    /** [G · hidden] */
    biasIh: Floats | undefined,
    /** [G · hidden] */
    biasHh: Floats | undefined,
    /** [batch, hidden] */
    state: Floats | undefined,
    /** [batch, steps, hidden] */
    output: Floats,
    /** [batch, hidden]: the state after the last step */
    last: Floats,
    /** [batch, steps, 4 · hidden] of a GRU: r, z, n and the state's share of n, for the gradient or to look at */
    kept: Floats | undefined,
    batch: number,
    steps: number,
    inputs: number,
    hidden: number,
    kind: number,
  ): void;

  recurrentBackward(
    x: Floats,
    weightIh: Floats,
    weightHh: Floats,
    state: Floats | undefined,
    output: Floats,
    /** What the forward pass kept. */
    kept: Floats | undefined,
    /** The gradient of `output`. */
    dOutput: Floats | undefined,
    /** The gradient of `last`. */
    dLast: Floats | undefined,
    dX: Floats,
    dWeightIh: Floats,
    dWeightHh: Floats,
    dBiasIh: Floats | undefined,
    dBiasHh: Floats | undefined,
    dState: Floats | undefined,
    batch: number,
    steps: number,
    inputs: number,
    hidden: number,
    kind: number,
  ): void;
}
