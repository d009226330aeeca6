// The error of a run whose loss or gradients are not finite.

/** A loss or gradient norm is NaN or infinite. The update was not made; the state on disk is the last finite one. */
export class NotFiniteError extends Error {
  /** Updates before the error. */
  readonly step: number;
  readonly learningRate: number;

  constructor(facts: {
    readonly step: number;
    readonly learningRate: number;
    readonly what: 'loss' | 'gradient norm' | 'validation loss';
    readonly value: number;
    /** The run folder and the step of its state. */
    readonly saved?: { readonly path: string; readonly step: number };
    /** Step of the best weights. */
    readonly best?: number;
  }) {
    const { step, learningRate, what, value, saved, best } = facts;
    const at = what === 'validation loss' ? `after step ${step}` : `at step ${step + 1}`;
    const bestKept = best === undefined ? '' : `, the best weights (step ${best}) in its model.safetensors`;
    const kept = saved
      ? `${saved.path} has the state of step ${saved.step}${bestKept}.`
      : 'Nothing of this run is on disk.';
    super(
      `${what}: ${value} ${at}, with learning rate ${learningRate}. Expected a finite number. ` +
        `Try a learning rate of ${Number((learningRate / 3).toPrecision(1))} or less, ` +
        `more warmup steps, or a max gradient norm of 1 or less. ${kept}`,
    );
    this.name = 'NotFiniteError';
    this.step = step;
    this.learningRate = learningRate;
  }
}
