// Windows over a token source, as arithmetic: a window is a number, never an array. Their
// order and their contents are batches.ts's business.
import { checkShare, type TokenSource } from '../tokens/token-source.js';

/**
 * Windows of `length` tokens, each with the token after its last one (the targets are the inputs shifted by one).
 *
 * Window `i` begins at token `offset + i * stride` of `source`.
 */
export interface Windows {
  readonly source: TokenSource;
  /** Number of windows. */
  readonly count: number;
  /** Tokens in a window: the context length. */
  readonly length: number;
  readonly stride: number;
  readonly offset: number;
}

/**
 * Every window there is: stride 1, `source.length - length` of them.
 *
 * One epoch over them sees almost every token `length` times.
 *
 * @throws RangeError when `length` is not a whole number of at least 1, or the source has no window of that length
 */
export function slidingWindows(source: TokenSource, length: number): Windows {
  checkLength(source, length);
  return { source, count: source.length - length, length, stride: 1, offset: 0 };
}

/**
 * Windows side by side: stride `length`, so that one epoch sees every token once.
 *
 * As the usual character-level recipe does, the source is first cut to a multiple of `length + 1` tokens; at most
 * `length` tokens at its end take no part.
 *
 * @throws RangeError when `length` is not a whole number of at least 1, or the source has no window of that length
 */
export function chunkWindows(source: TokenSource, length: number): Windows {
  checkLength(source, length);
  const usable = source.length - (source.length % (length + 1));
  // The last chunk, too, needs the token after it.
  return { source, count: Math.floor((usable - 1) / length), length, stride: length, offset: 0 };
}

/**
 * Splits windows: the first `floor(share · count)` of them, and the rest.
 *
 * With stride 1 the last windows of the first part overlap the first windows of the second by up to `length - 1`
 * tokens; `splitTokens` keeps the two apart.
 *
 * @param share of the first part, between 0 and 1, such as 0.8
 */
export function splitWindows(windows: Windows, share: number): [first: Windows, rest: Windows] {
  const border = Math.floor(checkShare(share) * windows.count);
  return [
    { ...windows, count: border },
    { ...windows, count: windows.count - border, offset: windows.offset + border * windows.stride },
  ];
}

/** Inputs and targets of some windows, as a model takes them. */
export interface Batch {
  /** Ids [B, T], row by row. */
  inputs: Int32Array;
  /** Ids [B, T], row by row: the token after each input. */
  targets: Int32Array;
  /** B, the number of windows. */
  batch: number;
  /** T, the tokens in each. */
  length: number;
}

/** The batch of the windows with these numbers, in this order. */
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
