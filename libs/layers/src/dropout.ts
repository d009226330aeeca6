// Dropout (Srivastava et al., 2014): in training, each value is zero with some probability and the others
// are scaled up in turn. Which ones depends on a seed and a count of calls alone, so that a run that goes
// on from a saved count drops what it would have dropped.
import type { tf } from '@lilformer/engine';
import { dropout, type DropoutMask } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from './module.js';
import { pythonFloat } from './tree.js';

/** Drops values with probability `rate` in training, does nothing in evaluation. */
export class Dropout extends Module {
  /** Number of forwards in training so far; the next one's pattern depends on it. */
  counter = 0;
  readonly #seed: number;
  readonly #inTree: boolean;

  /**
   * @param rate probability of a value to become zero
   * @param random draws the seed
   * @param options.inTree whether the printed tree shows it; false for one that PyTorch's model has as a function only
   * @throws RangeError when rate is not in [0, 1)
   */
  constructor(
    readonly rate: number,
    random: Random,
    { inTree = true }: { inTree?: boolean } = {},
  ) {
    super();
    if (!(rate >= 0 && rate < 1)) throw new RangeError(`rate ${rate}: expected a number from 0 to below 1`);
    this.#seed = random.uint32();
    this.#inTree = inTree;
  }

  override get inTree(): boolean {
    return this.#inTree;
  }

  /** Any shape to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    const mask = this.next();
    return mask ? (dropout(x, mask.rate, mask.seed, mask.counter) as T) : x;
  }

  /** The next forward's pattern, for operations that drop as they go; undefined when nothing is dropped. */
  next(): DropoutMask | undefined {
    if (!this.training || this.rate === 0) return undefined;
    return { rate: this.rate, seed: this.#seed, counter: this.counter++ };
  }

  override describe(): string {
    return `p=${pythonFloat(this.rate)}, inplace=False`;
  }
}
