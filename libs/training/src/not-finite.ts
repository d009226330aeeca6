// The error of a run whose numbers have left the finite ones.

/** What is known at the moment a run breaks down. */
export interface BreakdownFacts {
  /** Updates made before; their weights are as they were. */
  readonly step: number;
  readonly learningRate: number;
  readonly what: 'loss' | 'gradient norm' | 'validation loss';
  readonly value: number;
  /** The run folder and the step of the state saved in it, where there is one. */
  readonly saved?: { readonly path: string; readonly step: number };
  /** Step of the best weights, where there was an evaluation. */
  readonly best?: number;
}

/** A loss or gradient norm was not finite: the update was not made, and the state on disk is the last good one. */
export class NotFiniteError extends Error {
  readonly step: number;
  readonly learningRate: number;

  constructor({ step, learningRate, what, value, saved, best }: BreakdownFacts) {
    const at = what === 'validation loss' ? `after step ${step}` : `at step ${step + 1}`;
    const bestKept =
      best === undefined ? '' : `, the best weights so far, of step ${best}, in its model.safetensors`;
    const kept = saved
      ? `The state of step ${saved.step} is in ${saved.path}${bestKept}.`
      : 'Nothing of this run is on disk.';
    super(
      `${what} is ${value} ${at}, with learning rate ${learningRate}. ` +
        `Try a learning rate of ${Number((learningRate / 3).toPrecision(1))} or less, ` +
        `more warm-up steps, or clipping the gradients' norm (to 1, or lower). ${kept}`,
    );
    this.name = 'NotFiniteError';
    this.step = step;
    this.learningRate = learningRate;
  }
}
