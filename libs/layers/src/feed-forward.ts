// The part of a transformer that thinks about each token by itself.
import type { tf } from '@lilformer/engine';
import type { Random } from '@lilformer/random';
import { Linear } from './linear.js';
import { Module } from './module.js';

/** Two linear maps with a ReLU between them: `linear2(relu(linear1(x)))`. */
export class FeedForward extends Module {
  readonly linear1: Linear;
  readonly linear2: Linear;

  /**
   * @param width size of the last dimension, before and after
   * @param inner size between the two maps, usually four times the width
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(width: number, inner: number, random: Random) {
    super();
    this.linear1 = new Linear(width, inner, random);
    this.linear2 = new Linear(inner, width, random);
  }

  /** `[..., width]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return this.linear2.forward(this.linear1.forward(x, 'relu'));
  }
}
