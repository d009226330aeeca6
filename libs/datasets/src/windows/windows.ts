// Windows over a token source, computed on demand: a window is an index, not an array.
import { checkShare, type TokenSource } from '../tokens/token-source.js';

/**
 * Windows of `length` tokens, plus one token for the targets. Window `i` starts at token `offset + i * stride`.
 */
export interface Windows {
  readonly source: TokenSource;
  /** Number of windows. */
  readonly count: number;
  /** Tokens per window: the context length. */
  readonly length: number;
  readonly stride: number;
  readonly offset: number;
}

/**
 * Creates windows at every position (stride 1): `source.length - length` of them. One epoch sees almost every token
 * `length` times.
 * @throws RangeError when `length` is not a whole number of at least 1, or the source has no window of that length
 */
export function slidingWindows(source: TokenSource, length: number): Windows {
  checkLength(source, length);
  return { source, count: source.length - length, length, stride: 1, offset: 0 };
}

/**
 * Creates windows side by side (stride `length`): one epoch sees every token once. The source is first cut to a
 * multiple of `length + 1` tokens, as in the usual character-level recipe; up to `length` tokens at the end are unused.
 * @throws RangeError when `length` is not a whole number of at least 1, or the source has no window of that length
 */
export function chunkWindows(source: TokenSource, length: number): Windows {
  checkLength(source, length);
  const usable = source.length - (source.length % (length + 1));
  // The last chunk needs the token after it for its targets.
  return { source, count: Math.floor((usable - 1) / length), length, stride: length, offset: 0 };
}

/**
 * Splits windows into the first `floor(share · count)` and the rest. With stride 1, the two parts overlap by up to
 * `length - 1` tokens (compare `splitTokens`).
 * @param share of the first part, from 0 to 1
 */
export function splitWindows(windows: Windows, share: number): [first: Windows, rest: Windows] {
  const border = Math.floor(checkShare(share) * windows.count);
  return [
    { ...windows, count: border },
    { ...windows, count: windows.count - border, offset: windows.offset + border * windows.stride },
  ];
}

/** Inputs and targets of several windows. */
export interface Batch {
  /** Ids [B, T] in row-major order. */
  inputs: Int32Array;
  /** Ids [B, T] in row-major order: the token after each input. */
  targets: Int32Array;
  /** B, the batch size. */
  batch: number;
  /** T, the tokens per window. */
  length: number;
}

/** Reads the batch of the windows with these indices. */
export function readBatch(windows: Windows, numbers: ArrayLike<number>): Batch {
  const { source, length, stride, offset, count } = windows;
  const batch = numbers.length;
  const inputs = new Int32Array(batch * length);
  const targets = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    const number = numbers[row];
    if (!Number.isInteger(number) || number < 0 || number >= count) {
      throw new RangeError(`window ${number}: there are ${count}, the first is 0`);
    }
    const ids = source.read(offset + number * stride, length + 1);
    inputs.set(ids.subarray(0, length), row * length);
    targets.set(ids.subarray(1), row * length);
  }
  return { inputs, targets, batch, length };
}

function checkLength(source: TokenSource, length: number): void {
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(`window length ${length}: expected a whole number of at least 1`);
  }
  if (source.length <= length) {
    throw new RangeError(
      `a window of ${length} tokens and the one after needs ${length + 1}, the source has ${source.length}: ` +
        'give more text or a shorter context',
    );
  }
}
