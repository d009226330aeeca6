// Dropout whose mask is computed from a seed and a counter, the same forward and backward, and never stored.
// Leaves out whether the model is training: whoever calls knows.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { compute, nativeKernels, type Floats } from './memory.js';
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
 * The share is taken in steps of 2^-16; which elements, `fillDropoutMask` tells: x is a matrix there, the last
 * dimension its columns.
 *
 * @throws Error when the rate is not in [0, 1), or seed or counter is not a whole number from 0 to 2^53 - 1.
 */
export function dropout(x: tf.Tensor, rate: number, seed: number, counter: number): tf.Tensor {
  const mask: DropoutMask = { rate, seed, counter };
  checkDropout(mask);
  if (rate === 0) return tf.clone(x);
  return differentiable(
    'dropout',
    [x],
    () => applyDropout(x, mask),
    (dy) => [applyDropout(dy, mask)],
  );
}

/** x with the mask on it, plus `base` where there is one. Not differentiable. */
export function applyDropout(x: tf.Tensor, mask: DropoutMask, base?: tf.Tensor): tf.Tensor {
  const columns = x.shape.at(-1) ?? 1;
  const native = nativeKernels();
  return compute(base ? [x, base] : [x], [x.shape], ([from, base]: (Floats | undefined)[], [to]) => {
    if (native) {
      const rows = columns === 0 ? 0 : x.size / columns;
      native.dropout(from!, base, to, rows, columns, mask.rate, mask.seed, mask.counter);
      return;
    }
    fillDropoutMask(to, mask, columns);
    for (let i = 0; i < to.length; i++) to[i] *= from![i];
    if (base) for (let i = 0; i < to.length; i++) to[i] += base[i];
  })[0];
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

const TILE_ROWS = 8;
const TILE_COLUMNS = 16;

/**
 * Fills `out` with 0 (dropped) and 1 / (1 - rate) (kept): rows `firstRow`, firstRow + 1, … of a mask with so many
 * columns.
 *
 * The mask is made of tiles of 8 rows and 16 columns, counted row of tiles by row of tiles. Column c of tile t is
 * block 16 t + c of the Threefry stream of (seed, counter); its four words are the 16 bits of rows 0 and 1, 2 and 3,
 * 4 and 5, 6 and 7, the even row's in the lower half. An element is kept where its bits are at least rate · 2^16.
 */
export function fillDropoutMask(
  out: Floats,
  { rate, seed, counter }: DropoutMask,
  columns: number,
  firstRow = 0,
): void {
  if (columns === 0) return;
  const key = [low(seed), high(seed), low(counter), high(counter)] as const;
  const threshold = Math.round(rate * 2 ** 16);
  const kept = 1 / (1 - rate);
  const words = new Uint32Array(4);
  const across = Math.ceil(columns / TILE_COLUMNS);
  const endRow = firstRow + out.length / columns;
  for (let top = firstRow - (firstRow % TILE_ROWS); top < endRow; top += TILE_ROWS) {
    const first = Math.max(top, firstRow);
    const end = Math.min(top + TILE_ROWS, endRow);
    for (let column = 0; column < columns; column++) {
      // The tiles of a row lie side by side, so their columns do in the stream as well.
      const block = (top / TILE_ROWS) * across * TILE_COLUMNS + column;
      threefry([low(block), high(block), 0, 0], key, words);
      for (let row = first; row < end; row++) {
        const bits = (words[(row - top) >> 1] >>> (16 * (row & 1))) & 0xffff;
        out[(row - firstRow) * columns + column] = bits >= threshold ? kept : 0;
      }
    }
  }
}

const low = (value: number): number => (value % 2 ** 32) | 0;
const high = (value: number): number => Math.floor(value / 2 ** 32);
