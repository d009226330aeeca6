// A seeded generator: xoshiro128** (Blackman and Vigna, 2018), whose whole state is four
// 32-bit words, so that a run's place in its randomness is a line of JSON. It is fast and
// statistically sound; it is not for cryptography.

/** Everything a {@link Random} needs to go on where it stood; plain JSON. */
export interface RandomState {
  /** What the generator was made from; `split` derives its children from it. */
  readonly key: string;
  /** The four 32-bit words of xoshiro128**. */
  readonly words: readonly [number, number, number, number];
  /** The second value of the last pair of normals, if it has not been handed out. */
  readonly spare: number | null;
}

/**
 * A stream of random numbers that depends on its seed alone, not on engine, platform or thread.
 *
 * One seed serves a whole run: `split('weights')`, `split('batches')`, `split('dropout')` give
 * independent streams, so that drawing more from one leaves the others as they were.
 */
export class Random {
  readonly #key: string;
  readonly #words: Uint32Array;
  #spare: number | null = null;

  /** @param seed a whole number or any text; the number 7 and the text `'7'` are the same seed */
  constructor(seed: number | string) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new RangeError(`seed ${seed}: expected a whole number between ±2^53, or a text`);
    }
    this.#key = String(seed);
    this.#words = hash128(this.#key);
  }

  /** Continues exactly where `state()` was taken. @throws TypeError when it is not such a state */
  static from(state: RandomState): Random {
    const words = state?.words;
    if (
      typeof state?.key !== 'string' ||
      !Array.isArray(words) ||
      words.length !== 4 ||
      !words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff) ||
      words.every((word) => word === 0) ||
      !(state.spare === null || Number.isFinite(state.spare))
    ) {
      throw new TypeError(`not the state of a random generator: ${JSON.stringify(state)}`);
    }
    const random = new Random(state.key);
    random.#words.set(words);
    random.#spare = state.spare;
    return random;
  }

  /** The present state, as plain JSON. */
  state(): RandomState {
    const [a, b, c, d] = this.#words;
    return { key: this.#key, words: [a, b, c, d], spare: this.#spare };
  }

  /**
   * An independent stream for one purpose. It depends on the seed and the purpose only, not on how
   * much has been drawn, so the order of splits does not matter.
   */
  split(purpose: string): Random {
    return new Random(`${this.#key}/${purpose}`);
  }

  /** A whole number, 0 to 2^32 - 1. */
  uint32(): number {
    const words = this.#words;
    const result = Math.imul(rotateLeft(Math.imul(words[1], 5), 7), 9) >>> 0;
    const shifted = words[1] << 9;
    words[2] ^= words[0];
    words[3] ^= words[1];
    words[1] ^= words[2];
    words[0] ^= words[3];
    words[2] ^= shifted;
    words[3] = rotateLeft(words[3], 11);
    return result;
  }

  /** A number in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /**
   * A whole number in [0, n), each equally likely.
   * @throws RangeError when n is not a whole number from 1 to 2^53 - 1
   */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`integer(${n}): expected a whole number of at least 1`);
    }
    if (n <= 0x100000000) {
      // Lemire's method would need 64-bit products; rejecting the incomplete last stretch does not.
      const limit = 0x100000000 - (0x100000000 % n);
      for (;;) {
        const drawn = this.uint32();
        if (drawn < limit) return drawn % n;
      }
    }
    const limit = 0x20000000000000 - (0x20000000000000 % n);
    for (;;) {
      const drawn = (this.uint32() >>> 11) * 0x100000000 + this.uint32();
      if (drawn < limit) return drawn % n;
    }
  }

  /** A draw from the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958). */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Fills `out` with draws from [low, high). */
  fillUniform(out: Float32Array, low = 0, high = 1): void {
    for (let i = 0; i < out.length; i++) out[i] = low + (high - low) * this.uniform();
  }

  /** Fills `out` with normal draws of the given mean and standard deviation. */
  fillNormal(out: Float32Array, mean = 0, std = 1): void {
    for (let i = 0; i < out.length; i++) out[i] = mean + std * this.normal();
  }
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Spreads the bits of one word over all of it (the finaliser of MurmurHash3, Appleby 2011). */
export function mix32(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Four words from a text: four FNV-1a hashes with different starts, mixed; never all zero. */
export function hash128(text: string): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(4);
  for (let lane = 0; lane < 4; lane++) {
    let h = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b9);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      h = Math.imul(h ^ (unit & 0xff), 0x01000193);
      h = Math.imul(h ^ (unit >>> 8), 0x01000193);
    }
    words[lane] = mix32(h ^ mix32(text.length + lane));
  }
  if (words.every((word) => word === 0)) words[0] = 1;
  return words;
}
