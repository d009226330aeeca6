// Random sizes and numbers for calls of kernels. Sizes and choices are drawn by fast-check, which makes them smaller when a
// test fails; elements come from a seeded generator.
import fc from 'fast-check';
import type { Floats } from '../kernels.js';

const SMALL = [
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 6, arbitrary: fc.constantFrom(7, 8, 9, 13, 15, 16, 17, 31, 32, 33) },
  { weight: 2, arbitrary: fc.constantFrom(63, 64, 65, 100, 257, 300) },
];
const SIZE = fc.oneof(...SMALL);
const LONG_SIZE = fc.oneof(...SMALL, { weight: 1, arbitrary: fc.constantFrom(1000, 5001, 40_000, 70_000) });

/** The largest number of terms of all sums of a call, and of elements of an array: larger calls take the reference long. */
const MOST_TERMS = 100_000;
const MOST_ELEMENTS = 80_000;

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0];

export class Draw {
  #state: number;

  /** @param most limits the products of sizes */
  constructor(
    private readonly gen: fc.GeneratorValue,
    private readonly most = Infinity,
  ) {
    this.#state = gen(fc.integer, { min: 0, max: 2 ** 31 - 1 });
  }

  /** Sizes whose product is not too large; at least `min` each. */
  sizes(count: number, min = 0, most = MOST_TERMS): number[] {
    return this.#sizes(count, min, most, SIZE);
  }

  /** Sizes of an array that is long in some calls. */
  longSizes(count: number): number[] {
    return this.#sizes(count, 0, MOST_ELEMENTS, LONG_SIZE);
  }

  length(): number {
    return this.longSizes(1)[0];
  }

  #sizes(count: number, min: number, most: number, size: fc.Arbitrary<number>): number[] {
    const sizes = Array.from({ length: count }, () =>
      Math.max(
        min,
        this.gen(() => size),
      ),
    );
    const product = (): number => sizes.reduce((all, size) => all * Math.max(1, size), 1);
    while (product() > Math.min(most, this.most)) {
      const largest = sizes.indexOf(Math.max(...sizes));
      sizes[largest] = Math.floor(sizes[largest] / 2);
    }
    return sizes;
  }

  integer(min: number, max: number): number {
    return this.gen(fc.integer, { min, max });
  }

  flag(): boolean {
    return this.gen(fc.boolean);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)];
  }

  maybe<T>(make: () => T): T | undefined {
    return this.flag() ? make() : undefined;
  }

  /** Uniform float32 numbers. */
  floats(length: number, max = 2, min = -max): Floats {
    return Float32Array.from({ length }, () => min + (max - min) * this.#next());
  }

  /** Numbers of a size from 0.5 to 2 and any sign, so that none is mistaken for 0. */
  awayFromZero(length: number): Floats {
    return this.floats(length, 2, 0.5).map((x) => (this.#next() < 0.5 ? x : -x));
  }

  /** Floats, some of which are one of `special`. */
  withSpecial(floats: Floats, special: readonly number[] = SPECIAL): Floats {
    return floats.map((x) => (this.#next() < 0.1 ? special[Math.floor(this.#next() * special.length)] : x));
  }

  /** Integers from min to max. */
  ints(length: number, min: number, max: number): Int32Array {
    return Int32Array.from({ length }, () => min + Math.floor(this.#next() * (max - min + 1)));
  }

  /** 0 and 1. */
  bools(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.#next() * 2));
  }

  /** Mulberry32. */
  #next(): number {
    let t = (this.#state = (this.#state + 0x6d2b79f5) | 0);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
