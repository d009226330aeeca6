// O(1)-memory shuffling: a pseudorandom permutation that is computed, not stored. A Feistel network permutes the next power of
// four; values outside the range are permuted again until they are inside (cycle walking, Black and Rogaway 2002).
import { hash128, mix32 } from './random.js';

const ROUNDS = 6;

/** A seeded permutation of the integers 0 to length - 1. */
export class Permutation {
  readonly length: number;
  readonly #keys: Uint32Array;
  /** Half of the bits of a value, as a power of two. */
  #half: number;

  /**
   * @param length 0 to 2^51
   * @param seed a number or a string
   * @throws RangeError when length is not an integer from 0 to 2^51
   */
  constructor(length: number, seed: number | string) {
    if (!Number.isSafeInteger(length) || length < 0 || length > 2 ** 51) {
      throw new RangeError(`length is ${length}. Expected an integer from 0 to 2^51.`);
    }
    this.length = length;
    this.#half = 2;
    while (this.#half ** 2 < length) this.#half *= 2;
    const words = hash128(`permutation/${seed}`);
    this.#keys = Uint32Array.from({ length: ROUNDS }, (_, round) => mix32(words[round & 3] + round));
  }

  /** The value at position `i`. @throws RangeError for a position outside the permutation */
  at(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) {
      throw new RangeError(`position is ${i}. Expected an integer from 0 to ${this.length - 1}.`);
    }
    let value = i;
    do {
      value = this.#encrypt(value);
    } while (value >= this.length);
    return value;
  }

  #encrypt(value: number): number {
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
