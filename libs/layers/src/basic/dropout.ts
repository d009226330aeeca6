// Dropout (Srivastava et al., 2014). The mask depends on a seed and a call counter only, so that a resumed run drops the same
// values.
import type { tf } from '@lilformer/engine';
import { dropout, type DropoutMask } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from '../module/module.js';
import { checkRandom } from '../module/sizes.js';
import { pythonFloat } from '../module/tree.js';

/** In training, sets values to 0 with probability `rate` and scales the others by 1 / (1 - rate). */
export class Dropout extends Module {
  /** Number of training passes so far; part of the state of a run. */
  counter = 0;
  readonly #seed: number;
  readonly #inTree: boolean;

  /**
   * @param random draws the seed
   * @param options.inTree whether the printed tree shows it; false where PyTorch's model calls `F.dropout`
   * @throws RangeError when rate is not in [0, 1)
   */
  constructor(
    readonly rate: number,
    random: Random,
    { inTree = true }: { inTree?: boolean } = {},
  ) {
    super();
    if (!(rate >= 0 && rate < 1)) {
      throw new RangeError(`rate: is ${rate}. Expected a number from 0 to below 1.`);
    }
    this.#seed = checkRandom('Dropout', random).uint32();
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

  /** The mask of the next pass, for fused operations; undefined when nothing is dropped. */
  next(): DropoutMask | undefined {
    if (!this.training || this.rate === 0) return undefined;
    return { rate: this.rate, seed: this.#seed, counter: this.counter++ };
  }

  override describe(): string {
    return `p=${pythonFloat(this.rate)}, inplace=False`;
  }
}
