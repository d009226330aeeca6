// A seeded permutation of 0 … length-1 that is computed, not stored: shuffling a hundred million
// windows costs no memory. A Feistel network permutes the next power of four; what falls outside is
// sent round again until it falls inside ("cycle walking", Black and Rogaway 2002).
import { hash128, mix32 } from './random.js';

const ROUNDS = 6;

/** A bijection on the whole numbers 0 … length-1. */
export class Permutation {
  readonly length: number;
  readonly #keys: Uint32Array;
  readonly #half: number;

  /**
   * @param length how many numbers are permuted, 0 to 2^51
   * @param seed a number or text; another seed, another order
   * @throws RangeError when length is not such a number
   */
  constructor(length: number, seed: number | string) {
    if (!Number.isSafeInteger(length) || length < 0 || length > 2 ** 51) {
      throw new RangeError(`permutation of ${length}: expected a whole number from 0 to 2^51`);
    }
    this.length = length;
    let halfBits = 1;
    while (4 ** halfBits < length) halfBits++;
    this.#half = 2 ** halfBits;
    const words = hash128(`permutation/${seed}`);
    this.#keys = Uint32Array.from({ length: ROUNDS }, (_, round) => mix32(words[round & 3] + round));
  }

  /**
   * The number at place `i`.
   * @throws RangeError when `i` is not one of the places
   */
  at(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) {
      throw new RangeError(`place ${i} of a permutation of ${this.length} numbers`);
    }
    let value = i;
    do {
      value = this.#once(value);
    } while (value >= this.length);
    return value;
  }

  #once(value: number): number {
    const half = this.#half;
    let left = Math.floor(value / half);
    let right = value % half;
    for (const key of this.#keys) {
      const mixed = mix32(right ^ key) & (half - 1);
      [left, right] = [right, left ^ mixed];
    }
    return left * half + right;
  }
}
