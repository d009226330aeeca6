// Dropout by the counter-based generator Threefry-4x32 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011), and the residual addition.
import type { Kernels } from '../kernels.js';
import { assert } from './checked.js';

type Words = [number, number, number, number];

const ROUNDS = 12;
const PARITY = 0x1bd11bda;
const ROTATIONS = [
  [10, 26],
  [11, 21],
  [13, 27],
  [23, 5],
  [6, 20],
  [17, 11],
  [25, 10],
  [18, 20],
];

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** The words of one block, as int32 numbers. */
function threefry(counter: Words, key: Words): Words {
  const schedule = [...key, key[0] ^ key[1] ^ key[2] ^ key[3] ^ PARITY];
  const x = counter.map((word, i) => (word + key[i]) | 0) as Words;
  const mix = (a: number, b: number, rotation: number): void => {
    x[a] = (x[a] + x[b]) | 0;
    x[b] = rotate(x[b], rotation) ^ x[a];
  };
  for (let round = 0; round < ROUNDS; round++) {
    const [left, right] = ROTATIONS[round % 8];
    const isEven = round % 2 === 0;
    mix(0, isEven ? 1 : 3, left);
    mix(2, isEven ? 3 : 1, right);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      for (let i = 0; i < 4; i++) x[i] = (x[i] + schedule[(injection + i) % 5]) | 0;
      x[3] = (x[3] + injection) | 0;
    }
  }
  return x;
}

const split = (integer: number): [low: number, high: number] => [
  (integer % 2 ** 32) | 0,
  Math.floor(integer / 2 ** 32) | 0,
];

/** Rows and columns of a tile of the mask. */
const TILE = { rows: 8, columns: 16 };

/** The number of rows of tiles that hold these rows, times the rows of a tile. */
export const wholeTiles = (rows: number): number => Math.ceil(rows / TILE.rows) * TILE.rows;

/** The factor of each element of a mask with so many columns: 0, or 1 / (1 - rate). */
export function dropoutMask(
  { rate, seed, counter }: { rate: number; seed: number; counter: number },
  columns: number,
): (row: number, column: number) => number {
  assert(rate >= 0 && rate < 1, `rate: ${rate}. Expected at least 0 and less than 1.`);
  const key: Words = [...split(seed), ...split(counter)];
  const threshold = Math.floor(rate * 65536 + 0.5);
  const factor = Math.fround(1 / (1 - rate));
  return (row, column) => {
    const tile =
      Math.floor(row / TILE.rows) * Math.ceil(columns / TILE.columns) + Math.floor(column / TILE.columns);
    const words = threefry([...split(tile * TILE.columns + (column % TILE.columns)), 0, 0], key);
    const r = row % TILE.rows;
    const bits = r % 2 === 0 ? words[r >> 1] & 0xffff : words[r >> 1] >>> 16;
    return bits >= threshold ? factor : 0;
  };
}

export const dropout: Pick<Kernels, 'dropout' | 'residualAdd'> = {
  dropout({ x, base, y, rows, columns, ...settings }) {
    const mask = dropoutMask(settings, columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const i = r * columns + c;
        const factor = mask(r, c);
        y[i] = (factor === 0 ? 0 : Math.fround(x[i] * factor)) + (base?.[i] ?? 0); // 0 for NaN that is dropped
      }
    }
  },

  residualAdd({ x, y, sum }) {
    for (let i = 0; i < x.length; i++) sum[i] = x[i] + y[i];
  },
};
