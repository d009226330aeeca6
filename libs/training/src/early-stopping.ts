// The best validation loss so far, and the patience that is left. Leaves out what to do about
// either: the loop saves the best weights and ends the run.
import { checkWhole } from './check.js';

/** Memory of a {@link BestSoFar}, as plain JSON. */
export interface BestState {
  /** Lowest validation loss so far and the step it was measured at; null before the first evaluation. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  /** Evaluations since then. */
  readonly withoutImprovement: number;
}

/**
 * Keeps the lowest validation loss and counts the evaluations since. With patience 1 the first
 * evaluation that is not strictly lower than the best ends the run.
 */
export class BestSoFar {
  readonly #patience: number;
  #best: { step: number; loss: number } | null = null;
  #withoutImprovement = 0;

  /**
   * @param patience evaluations in a row without improvement that end the run; Infinity for never
   * @throws RangeError when it is not a whole number of at least 1
   */
  constructor(patience = Infinity) {
    this.#patience = patience === Infinity ? patience : checkWhole('patience', patience, 1);
  }

  /** The lowest loss so far and its step; undefined before the first evaluation. */
  get best(): { readonly step: number; readonly loss: number } | undefined {
    return this.#best ?? undefined;
  }

  /** True when patience has run out. */
  get exhausted(): boolean {
    return this.#withoutImprovement >= this.#patience;
  }

  /** Takes note of a validation loss and says whether it is the best so far; NaN never is. */
  observe(step: number, loss: number): boolean {
    if (loss < (this.#best?.loss ?? Infinity)) {
      this.#best = { step, loss };
      this.#withoutImprovement = 0;
      return true;
    }
    this.#withoutImprovement++;
    return false;
  }

  state(): BestState {
    return { best: this.#best, withoutImprovement: this.#withoutImprovement };
  }

  restore(state: BestState): void {
    this.#best = state.best;
    this.#withoutImprovement = state.withoutImprovement;
  }
}
