// Arrays for one call at a time, at addresses that are not round, with elements around them that nothing may change.
import type { AnyArray, ElementType } from '../arguments.js';
import type { Implementation } from './implementation.js';

/** The least number of watched elements before and after an array. */
const GUARD = 20;
const FIRST_CAPACITY = 1 << 14;

/** What watched elements contain, and outputs before a call. */
export const UNTOUCHED: Readonly<Record<ElementType, number>> = {
  float32: -77777.5,
  float64: -77777.5,
  int32: -77777777,
  uint8: 77,
};

interface Pool {
  array: AnyArray;
  /** The end of the last array that was taken. */
  end: number;
  taken: { start: number; end: number }[];
}

export class Memory {
  readonly #pools = new Map<ElementType, Pool>();

  constructor(private readonly implementation: Implementation) {}

  /** Gives up all arrays. */
  clear(): void {
    for (const [type, pool] of this.#pools) {
      pool.array.fill(UNTOUCHED[type], 0, pool.end + GUARD);
      pool.end = 0;
      pool.taken = [];
    }
  }

  /** An array that contains these elements, `offset` elements after a round address. */
  take(type: ElementType, elements: ArrayLike<number>, offset: number): AnyArray {
    const needed = elements.length + offset + 4 * GUARD;
    const pool = this.#pool(type, needed);
    const start = Math.ceil((pool.end + GUARD) / 16) * 16 + offset;
    const end = start + elements.length;
    const array = pool.array.subarray(start, end);
    array.set(elements);
    pool.taken.push({ start, end });
    pool.end = end;
    return array;
  }

  /** Throws if an element around the arrays has changed. */
  check(): void {
    for (const [type, { array, taken, end }] of this.#pools) {
      let from = 0;
      for (const next of [...taken, { start: end + GUARD, end }]) {
        const changed = array.subarray(from, next.start).findIndex((element) => element !== UNTOUCHED[type]);
        if (changed >= 0)
          throw new Error(
            `wrote beside a ${type} array: ${array[from + changed]} at ${from + changed - end}`,
          );
        from = next.end;
      }
    }
  }

  #pool(type: ElementType, needed: number): Pool {
    const pool = this.#pools.get(type);
    if (pool && pool.end + needed <= pool.array.length) return pool;
    // Arrays taken from a smaller pool stay valid, and are no longer watched.
    const capacity = Math.max(FIRST_CAPACITY, 2 * (pool?.array.length ?? 0), 2 * needed);
    const array = this.implementation.array(type, capacity);
    array.fill(UNTOUCHED[type]);
    const larger = { array, end: 0, taken: [] };
    this.#pools.set(type, larger);
    return larger;
  }
}
