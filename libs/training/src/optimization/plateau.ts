// Learning rate that is reduced when the validation loss stops falling: PyTorch's ReduceLROnPlateau in mode 'min' with a
// relative threshold.
import { checkOptionNames } from '@lilformer/tokenizers';
import { checkFraction, checkInteger, checkNotNegative, checkPositive, checkStateType } from '../check.js';

/** Options of a learning rate that is reduced on a plateau of the validation loss. */
export interface PlateauOptions {
  readonly type: 'plateau';
  readonly learningRate: number;
  /** Factor of each reduction; default 0.1. */
  readonly factor?: number;
  /** Evaluations without improvement before the learning rate is reduced; default 10. */
  readonly patience?: number;
  /** Relative decrease of the loss that counts as improvement; default 1e-4. */
  readonly threshold?: number;
  /** Evaluations after a reduction that are not counted; default 0. */
  readonly cooldown?: number;
  /** Lower bound of the learning rate; default 0. */
  readonly minLearningRate?: number;
  /** Reductions that are not larger are not made; default 1e-8. */
  readonly eps?: number;
}

const NAMES = Object.keys({
  type: true,
  learningRate: true,
  factor: true,
  patience: true,
  threshold: true,
  cooldown: true,
  minLearningRate: true,
  eps: true,
} satisfies Record<keyof PlateauOptions, true>);

/** State of a {@link ReduceOnPlateau}, as plain JSON. */
export interface PlateauState {
  readonly type: 'plateau';
  readonly learningRate: number;
  /** Null before the first evaluation. */
  readonly best: number | null;
  readonly badEvaluations: number;
  readonly cooldownLeft: number;
}

/** A schedule that reduces the learning rate when the validation loss has stopped falling. */
export class ReduceOnPlateau {
  readonly #options: Required<Omit<PlateauOptions, 'type' | 'learningRate'>>;
  #rate: number;
  #best = Infinity;
  #badEvaluations = 0;
  #cooldownLeft = 0;

  /** @throws RangeError when an option is out of range */
  constructor(options: PlateauOptions) {
    checkOptionNames(options, NAMES);
    const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0 } = options;
    this.#rate = checkPositive('learningRate', options.learningRate);
    this.#options = {
      factor: checkPositive('factor', checkFraction('factor', factor)),
      patience: checkInteger('patience', patience, 0),
      threshold: checkFraction('threshold', threshold),
      cooldown: checkInteger('cooldown', cooldown, 0),
      minLearningRate: checkNotNegative('minLearningRate', options.minLearningRate ?? 0),
      eps: checkNotNegative('eps', options.eps ?? 1e-8),
    };
  }

  rate(): number {
    return this.#rate;
  }

  /** NaN counts as an evaluation without improvement. */
  observe(validationLoss: number): void {
    const { factor, patience, threshold, cooldown, minLearningRate, eps } = this.#options;
    if (validationLoss < this.#best * (1 - threshold)) {
      this.#best = validationLoss;
      this.#badEvaluations = 0;
    } else {
      this.#badEvaluations++;
    }
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEvaluations = 0;
    }
    if (this.#badEvaluations > patience) {
      const reduced = Math.max(this.#rate * factor, minLearningRate);
      if (this.#rate - reduced > eps) this.#rate = reduced;
      this.#cooldownLeft = cooldown;
      this.#badEvaluations = 0;
    }
  }

  state(): PlateauState {
    return {
      type: 'plateau',
      learningRate: this.#rate,
      best: Number.isFinite(this.#best) ? this.#best : null,
      badEvaluations: this.#badEvaluations,
      cooldownLeft: this.#cooldownLeft,
    };
  }

  restore(state: PlateauState): void {
    checkStateType(state, 'plateau');
    this.#rate = state.learningRate;
    this.#best = state.best ?? Infinity;
    this.#badEvaluations = state.badEvaluations;
    this.#cooldownLeft = state.cooldownLeft;
  }
}
