// Token ids with random access, in memory.

/** Random access to a sequence of token ids. */
export interface TokenSource {
  /** Number of ids. */
  readonly length: number;
  /**
   * Returns `count` ids from `offset` on. The result may be a view: do not write to it.
   * @throws RangeError when the range is outside of the source
   */
  read(offset: number, count: number): Uint32Array;
}

export type TokenDType = 'uint16' | 'uint32';

/** Returns the smallest type that holds every id of a vocabulary. */
export function tokenDType(vocabSize: number): TokenDType {
  return vocabSize <= 65_536 ? 'uint16' : 'uint32';
}

/** @throws RangeError when the range is outside of `length` */
export function checkRange(offset: number, count: number, length: number, name = 'the token source'): void {
  const whole = Number.isInteger(offset) && Number.isInteger(count);
  if (!whole || offset < 0 || count < 0 || offset + count > length) {
    throw new RangeError(`read of ${count} tokens at ${offset}: ${name} has ${length}`);
  }
}

/**
 * Creates a source over ids in memory. Uses a `Uint32Array` or `Uint16Array` without a copy.
 * @throws RangeError when an id is not an integer from 0 to 2^32 - 1
 */
export function arraySource(ids: ArrayLike<number>): TokenSource {
  if (ids instanceof Uint32Array) return new ArraySource(ids);
  if (ids instanceof Uint16Array) return new ArraySource(ids);
  const copy = new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    copy[i] = ids[i];
    if (copy[i] !== ids[i])
      throw new RangeError(`token ${i} is ${ids[i]}: expected a whole number, 0 to 2^32 - 1`);
  }
  return new ArraySource(copy);
}

class ArraySource implements TokenSource {
  readonly length: number;

  constructor(private readonly ids: Uint32Array | Uint16Array) {
    this.length = ids.length;
  }

  read(offset: number, count: number): Uint32Array {
    checkRange(offset, count, this.length);
    const part = this.ids.subarray(offset, offset + count);
    return part instanceof Uint32Array ? part : Uint32Array.from(part);
  }
}

/**
 * Splits a source without a copy into the first `floor(share · length)` tokens and the rest. No window crosses the
 * border, so that no validation token is seen in training (compare `splitWindows`).
 * @param share of the first part, from 0 to 1
 */
export function splitTokens(source: TokenSource, share: number): [first: TokenSource, rest: TokenSource] {
  const border = Math.floor(checkShare(share) * source.length);
  return [part(source, 0, border), part(source, border, source.length - border)];
}

/** @throws RangeError unless 0 <= share <= 1 */
export function checkShare(share: number): number {
  if (!(share >= 0 && share <= 1))
    throw new RangeError(`share ${share}: expected a number from 0 to 1, such as 0.9`);
  return share;
}

function part(source: TokenSource, start: number, length: number): TokenSource {
  return {
    length,
    read(offset, count) {
      checkRange(offset, count, length);
      return source.read(start + offset, count);
    },
  };
}
