// Dropout whose mask is computed from a seed and a counter, the same forward and backward, and never stored.
// Leaves out whether the model is training: whoever calls knows.
import { tf } from '@lilformer/engine';
import { compute, type Floats } from './memory.js';
import { threefry } from './threefry.js';

/** Which mask: the same three give the same mask, any other counter an independent one. */
export interface DropoutMask {
  /** Share of elements set to zero, 0 ≤ rate < 1. */
  rate: number;
  /** Whole number, 0 to 2^53 - 1. */
  seed: number;
  /** Whole number, 0 to 2^53 - 1; a new one for every call of every step. */
  counter: number;
}

/**
 * Sets a random share `rate` of the elements to zero and divides the others by 1 - rate, so that the mean stays.
 *
 * Element i is kept where word i of the Threefry stream of (seed, counter) is at least rate · 2^32.
 *
 * @throws Error when the rate is not in [0, 1), or seed or counter is not a whole number from 0 to 2^53 - 1.
 */
export function dropout(x: tf.Tensor, rate: number, seed: number, counter: number): tf.Tensor {
  const mask: DropoutMask = { rate, seed, counter };
  checkDropout(mask);
  if (rate === 0) return tf.clone(x);
  const masked = (from: tf.Tensor): tf.Tensor =>
    compute([from], [x.shape], ([from], [to]) => {
      fillDropoutMask(to, mask);
      for (let i = 0; i < to.length; i++) to[i] *= from[i];
    })[0];
  return tf.customGrad((input) => ({
    value: masked(input as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => masked(dy),
  }))(x);
}

/** Throws unless the three numbers describe a mask. */
export function checkDropout({ rate, seed, counter }: DropoutMask): void {
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: rate ${rate}, expected at least 0 and below 1`);
  for (const [name, value] of Object.entries({ seed, counter })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new Error(`dropout: ${name} ${value}, expected a whole number from 0 to 2^53 - 1`);
    }
  }
}

/** Fills `out` with 0 (dropped) and 1 / (1 - rate) (kept): elements `offset`, offset + 1, … of the mask. */
export function fillDropoutMask(out: Floats, { rate, seed, counter }: DropoutMask, offset = 0): void {
  const key = [low(seed), high(seed), low(counter), high(counter)] as const;
  const threshold = Math.round(rate * 2 ** 32);
  const kept = 1 / (1 - rate);
  const words = new Uint32Array(4);
  let block = Math.floor(offset / 4);
  for (let i = -(offset % 4); i < out.length; i += 4, block++) {
    threefry([low(block), high(block), 0, 0], key, words);
    for (let word = Math.max(0, -i); word < 4 && i + word < out.length; word++) {
      out[i + word] = words[word] >= threshold ? kept : 0;
    }
  }
}

const low = (value: number): number => (value % 2 ** 32) | 0;
const high = (value: number): number => Math.floor(value / 2 ** 32);
