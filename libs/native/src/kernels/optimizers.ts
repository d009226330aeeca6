// Updates of all parameters, and the norm of all gradients: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface OptimizersKernels {
  /** The sum of the squares of all elements, in double precision. */
  sumOfSquares(arrays: readonly Floats[]): number;

  /** Adam or AdamW: changes weights and moments in place. */
  adamStep(
    gradients: readonly Floats[],
    /** For each parameter learningRate / (1 - beta1^step) and 1 / √(1 - beta2^step). */
    factors: Float64Array,
    weights: readonly Floats[],
    first: readonly Floats[],
    second: readonly Floats[],
    beta1: number,
    beta2: number,
    epsilon: number,
    /** Factor on weights before the step: AdamW's decay. */
    shrink: number,
    /** Times the weight this is added to the gradient: Adam's decay. */
    l2: number,
    /** Factor on every gradient. */
    scale: number,
  ): void;

  /** SGD: changes weights and velocities in place. */
  sgdStep(
    gradients: readonly Floats[],
    weights: readonly Floats[],
    velocity: readonly Floats[],
    learningRate: number,
    momentum: number,
    weightDecay: number,
    scale: number,
  ): void;
}
