// Learning rate that is multiplied by a factor when the validation loss stalls, after PyTorch's
// ReduceLROnPlateau in mode 'min' with a relative threshold. Leaves out mode 'max' and absolute
// thresholds: a loss wants neither.
import { checkAbove, checkBetween, checkStateType, checkWhole } from './check.js';
import type { Schedule } from './schedules.js';

/** Settings of a rate that falls when the validation loss stalls. */
export interface PlateauSettings {
  readonly type: 'plateau';
  readonly learningRate: number;
  /** What the rate is multiplied by; default 0.1. */
  readonly factor?: number;
  /** Evaluations without improvement that are let pass; default 10. */
  readonly patience?: number;
  /** Share by which a loss must be lower than the best to count as improvement; default 1e-4. */
  readonly threshold?: number;
  /** Evaluations after a reduction in which none is counted; default 0. */
  readonly cooldown?: number;
  /** The rate does not fall below this; default 0. */
  readonly minLearningRate?: number;
  /** Reductions not larger than this are not made; default 1e-8. */
  readonly eps?: number;
}

/** Memory of a {@link ReduceOnPlateau}, as plain JSON. */
export interface PlateauState {
  readonly type: 'plateau';
  readonly learningRate: number;
  /** Null before the first evaluation. */
  readonly best: number | null;
  readonly badEvaluations: number;
  readonly cooldownLeft: number;
}

/** A schedule that reduces its rate when the validation loss has stopped falling. */
export class ReduceOnPlateau implements Schedule {
  readonly #settings: Required<PlateauSettings>;
  #rate: number;
  #best = Infinity;
  #badEvaluations = 0;
  #cooldownLeft = 0;

  /** @throws RangeError when a setting is out of range */
  constructor(settings: PlateauSettings) {
    this.#settings = {
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      cooldown: 0,
      minLearningRate: 0,
      eps: 1e-8,
      ...withoutUndefined(settings),
    };
    const { learningRate, factor, patience, threshold, cooldown, minLearningRate, eps } = this.#settings;
    this.#rate = checkAbove('learningRate', learningRate, 0);
    checkAbove('factor', checkBetween('factor', factor, 0, 1), 0);
    checkWhole('patience', patience, 0);
    checkBetween('threshold', threshold, 0, 1);
    checkWhole('cooldown', cooldown, 0);
    checkAbove('minLearningRate', minLearningRate, 0, true);
    checkAbove('eps', eps, 0, true);
  }

  rate(): number {
    return this.#rate;
  }

  /** A NaN counts as an evaluation without improvement. */
  observe(validationLoss: number): void {
    const { factor, patience, threshold, cooldown, minLearningRate, eps } = this.#settings;
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
    this.#rate = checkAbove('saved learningRate', state.learningRate, 0);
    this.#best = state.best ?? Infinity;
    this.#badEvaluations = state.badEvaluations;
    this.#cooldownLeft = state.cooldownLeft;
  }
}

function withoutUndefined<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T;
}
