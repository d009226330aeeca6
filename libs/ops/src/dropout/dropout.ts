// Dropout with a mask computed from a seed and a counter, forward and backward, and never stored.
import { differentiable, tf } from '@lilformer/engine';
import { compute, dispatch } from '../support/kernels.js';
import { threefry } from './threefry.js';

/** A mask: the same three numbers give the same mask, another counter an independent one. */
export interface DropoutMask {
  /** Probability of dropping an element, 0 ≤ rate < 1. */
  rate: number;
  /** Integer from 0 to 2^53 - 1. */
  seed: number;
  /** Integer from 0 to 2^53 - 1; a new one for every call of every step. */
  counter: number;
}

/**
 * Sets elements to zero with probability `rate`, in steps of 2^-16, and divides the others by 1 - rate.
 *
 * @throws Error when the rate is not in [0, 1), or seed or counter is not an integer from 0 to 2^53 - 1.
 */
export function dropout<R extends tf.Rank>(
  x: tf.Tensor<R>,
  rate: number,
  seed: number,
  counter: number,
): tf.Tensor<R>;
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

/** x · mask, plus `base` if given. Not differentiable. */
export function applyDropout(x: tf.Tensor, mask: DropoutMask, base?: tf.Tensor): tf.Tensor {
  const columns = x.shape.at(-1) ?? 1;
  return dispatch(
    (kernels) => {
      const rows = columns === 0 ? 0 : x.size / columns;
      return compute([x, base], [x.shape], ([x, base], [y]) =>
        // prettier-ignore
        kernels.dropout({
          x, base, y, rows, columns, rate: mask.rate, seed: mask.seed, counter: mask.counter,
        }),
      )[0];
    },
    () => {
      const numbers = new Float32Array(x.size);
      fillDropoutMask(numbers, mask, columns);
      const y = tf.mul(x, tf.tensor(numbers, x.shape));
      return base ? tf.add(y, base) : y;
    },
  );
}

/** Throws unless the three numbers describe a mask. */
export function checkDropout({ rate, seed, counter }: DropoutMask): void {
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: rate ${rate}, expected at least 0 and below 1`);
  for (const [name, value] of Object.entries({ seed, counter })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new Error(`dropout: ${name} ${value}, expected an integer from 0 to 2^53 - 1`);
    }
  }
}

const TILE_ROWS = 8;
const TILE_COLUMNS = 16;

/**
 * Fills `out` with rows `firstRow`, `firstRow` + 1, … of a mask: 0 (dropped) or 1 / (1 - rate) (kept).
 *
 * The mask consists of tiles of 8 rows and 16 columns in row-major order. Column c of tile t is block 16 t + c of the
 * Threefry stream of (seed, counter); its four words hold 16 bits each for rows 0 and 1, 2 and 3, 4 and 5, 6 and 7, the
 * even row in the lower half. An element is kept if its bits are at least rate · 2^16.
 */
export function fillDropoutMask(
  out: Float32Array,
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
