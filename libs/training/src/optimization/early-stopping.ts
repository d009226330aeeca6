// The best validation loss, and early stopping.
import { checkInteger } from '../check.js';

/** State of {@link EarlyStopping}, as plain JSON. */
export interface EarlyStoppingState {
  /** Lowest validation loss and the step it was measured at; null before the first evaluation. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  readonly evaluationsWithoutImprovement: number;
}

/** Tracks the lowest validation loss and counts the evaluations since. An equal loss is no improvement. */
export class EarlyStopping {
  #state: EarlyStoppingState = { best: null, evaluationsWithoutImprovement: 0 };

  /** @param patience evaluations in a row without improvement that end the run; Infinity disables early stopping */
  constructor(private readonly patience = Infinity) {
    if (patience !== Infinity) checkInteger('earlyStoppingPatience', patience, 1);
  }

  /** The lowest loss and its step; undefined before the first evaluation. */
  get best(): { readonly step: number; readonly loss: number } | undefined {
    return this.#state.best ?? undefined;
  }

  get exhausted(): boolean {
    return this.#state.evaluationsWithoutImprovement >= this.patience;
  }

  /** Records a validation loss; returns whether it is the best so far, which NaN never is. */
  observe(step: number, loss: number): boolean {
    const improved = loss < (this.#state.best?.loss ?? Infinity);
    this.#state = improved
      ? { best: { step, loss }, evaluationsWithoutImprovement: 0 }
      : {
          best: this.#state.best,
          evaluationsWithoutImprovement: this.#state.evaluationsWithoutImprovement + 1,
        };
    return improved;
  }

  state(): EarlyStoppingState {
    return this.#state;
  }

  restore(state: EarlyStoppingState): void {
    this.#state = state;
  }
}
