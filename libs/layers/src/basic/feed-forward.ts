// The position-wise feed-forward network of a transformer.
import type { tf } from '@lilformer/engine';
import type { Random } from '@lilformer/random';
import { Module } from '../module/module.js';
import { Linear } from './linear.js';

/** `linear2(relu(linear1(x)))`, with hidden size `dFf`. */
export class FeedForward extends Module {
  readonly linear1: Linear;
  readonly linear2: Linear;

  /** @throws RangeError when a size is not a positive integer */
  constructor(dModel: number, dFf: number, random: Random) {
    super();
    this.linear1 = new Linear(dModel, dFf, random);
    this.linear2 = new Linear(dFf, dModel, random);
  }

  /** `[..., dModel]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return this.linear2.forward(this.linear1.forward(x, 'relu'));
  }
}
