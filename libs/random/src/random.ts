// Seeded pseudorandom generator xoshiro128** (Blackman and Vigna, 2018). Its state is four 32-bit words, small enough for a
// line of JSON. Not for cryptography.

/** State of a {@link Random}, as plain JSON. */
export interface RandomState {
  /** Seed, from which `split` derives other generators. */
  readonly key: string;
  /** The four 32-bit words of xoshiro128**. */
  readonly words: readonly [number, number, number, number];
  /** Second value of the last pair of normal samples, if unused. */
  readonly spare: number | null;
}

/**
 * Generates random numbers that depend on the seed only, not on engine, platform or thread.
 *
 * One seed is enough for a run: `split('weights')`, `split('batches')`, `split('dropout')` give independent generators.
 */
export class Random {
  readonly #key: string;
  readonly #words: Uint32Array;
  #spare: number | null = null;

  /** @param seed an integer or a string; 7 and `'7'` are the same seed */
  constructor(seed: number | string) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new RangeError(`seed is ${seed}. Expected an integer between -2^53 and 2^53, or a string.`);
    }
    this.#key = String(seed);
    this.#words = hash128(this.#key);
  }

  /** Restores a generator from `state()`. @throws TypeError for an invalid state */
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
      throw new TypeError(`state is ${JSON.stringify(state)}. Expected the result of Random.state().`);
    }
    const random = new Random(state.key);
    random.#words.set(words);
    random.#spare = state.spare;
    return random;
  }

  state(): RandomState {
    const [a, b, c, d] = this.#words;
    return { key: this.#key, words: [a, b, c, d], spare: this.#spare };
  }

  /**
   * An independent generator for one purpose. It depends on the seed and the purpose only, not on the numbers drawn so far.
   */
  split(purpose: string): Random {
    return new Random(`${this.#key}/${purpose}`);
  }

  /** An integer from 0 to 2^32 - 1. */
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
   * A uniformly distributed integer in [0, n).
   * @throws RangeError when n is not an integer from 1 to 2^53 - 1
   */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`integer(n): n is ${n}. Expected an integer of at least 1.`);
    }
    if (n <= 0x100000000) {
      // Rejects numbers of the incomplete last interval; Lemire's method would need 64-bit products.
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

  /** A sample of the standard normal distribution (Box and Muller, 1958). */
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

  /** Fills `out` with uniform samples of [low, high). */
  fillUniform(out: Float32Array, low = 0, high = 1): void {
    for (let i = 0; i < out.length; i++) out[i] = low + (high - low) * this.uniform();
  }

  /** Fills `out` with normal samples of the given mean and standard deviation. */
  fillNormal(out: Float32Array, mean = 0, std = 1): void {
    for (let i = 0; i < out.length; i++) out[i] = mean + std * this.normal();
  }
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Mixes the bits of a word (the finalizer of MurmurHash3, Appleby 2011). */
export function mix32(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Four words from a string: FNV-1a hashes with different initial values, mixed; never all zero. */
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
