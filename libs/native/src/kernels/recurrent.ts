// RNN and GRU over whole sequences: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

/** Arrays marked `?` are empty where there is no such thing. `kind`: 0 tanh, 1 relu (G = 1), 2 GRU (G = 3; r, z, n). */
export interface RecurrentKernels {
  recurrentForward(
    /** [batch, steps, inputs] */
    x: Floats,
    /** [G · hidden, inputs] */
    weightIh: Floats,
    /** [G · hidden, hidden] */
    weightHh: Floats,
    /** ? [G · hidden] */
    biasIh: Floats,
    /** ? [G · hidden] */
    biasHh: Floats,
    /** ? [batch, hidden] */
    state: Floats,
    /** [batch, steps, hidden] */
    output: Floats,
    /** [batch, hidden]: the state after the last step */
    last: Floats,
    /** ? [batch, steps, 4 · hidden]: r, z, n and the state's share of n; empty for an RNN */
    kept: Floats,
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
    /** ? */
    state: Floats,
    output: Floats,
    /** As the forward pass gave it; not optional for a GRU. */
    kept: Floats,
    /** ? the gradient of `output` */
    dOutput: Floats,
    /** ? the gradient of `last` */
    dLast: Floats,
    dX: Floats,
    dWeightIh: Floats,
    dWeightHh: Floats,
    /** ? */
    dBiasIh: Floats,
    /** ? */
    dBiasHh: Floats,
    /** ? */
    dState: Floats,
    batch: number,
    steps: number,
    inputs: number,
    hidden: number,
    kind: number,
  ): void;
}
