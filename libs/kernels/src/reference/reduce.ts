// Reductions, cumulative sums and products, argmax and softmax.
import type { Kernels } from '../kernels.js';
import { REDUCTION } from '../operations.js';
import { assert, assertOperation } from './checked.js';
import { assertOneType, typeOf } from './elementwise.js';
import { sum } from './sum.js';

type Reductions = Pick<Kernels, 'reduce' | 'cumulate' | 'argExtremum' | 'softmaxRows'>;

type Join = (a: number, b: number) => number;

const { sum: _sum, product: _product } = REDUCTION;
const CUMULATION = { sum: _sum, product: _product };

/** Int32 products wrap at every step, as their float64 product is not exact. */
const joins = (isInt: boolean): readonly Join[] => [
  (a, b) => a + b,
  isInt ? Math.imul : (a, b) => a * b,
  Math.max,
  Math.min,
];

export const reductions: Reductions = {
  reduce({ x, y, operation, planes, rows, columns, scale }) {
    assertOperation('operation', operation, REDUCTION);
    assert(rows >= 1, `rows: ${rows}. Expected at least 1.`);
    assertOneType(x, y);
    const type = typeOf(x);
    const isSum = operation === REDUCTION.sum;
    const isProduct = operation === REDUCTION.product;
    assert(type !== 'bool' || (!isSum && !isProduct), 'operation: of bools. Expected maximum or minimum.');
    const isProductOfRows = !isProduct || type !== 'float32' || columns === 1;
    assert(isProductOfRows, `columns: ${columns}. Expected 1 for products of floats.`);
    const join = joins(type === 'int32')[operation];
    for (let p = 0; p < planes; p++) {
      for (let c = 0; c < columns; c++) {
        let total = x[p * rows * columns + c];
        for (let r = 1; r < rows; r++) total = join(total, x[(p * rows + r) * columns + c]);
        y[p * columns + c] = isSum && type === 'float32' ? total * scale : total;
      }
    }
  },

  cumulate({ x, y, operation, planes, rows, columns, exclusive, reverse }) {
    assertOperation('operation', operation, CUMULATION);
    assertOneType(x, y);
    assert(typeOf(x) !== 'bool', 'x: bools. Expected float32 or int32 numbers.');
    const join = joins(typeOf(x) === 'int32')[operation];
    for (let p = 0; p < planes; p++) {
      for (let c = 0; c < columns; c++) {
        let total = operation === REDUCTION.sum ? 0 : 1;
        for (let r = 0; r < rows; r++) {
          const i = (p * rows + (reverse ? rows - 1 - r : r)) * columns + c;
          if (exclusive) y[i] = total;
          total = join(total, x[i]);
          if (!exclusive) y[i] = total;
        }
      }
    }
  },

  argExtremum({ x, y, rows, columns, smallest }) {
    const isInRange = columns >= 1 && columns < 2 ** 31;
    assert(isInRange, `columns: ${columns}. Expected 1 to 2^31 - 1.`);
    assert(typeOf(x) !== 'bool', 'x: bools. Expected float32 or int32 numbers.');
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * columns, (r + 1) * columns);
      let best = 0;
      for (let c = 1; c < columns; c++) if (smallest ? row[c] < row[best] : row[c] > row[best]) best = c;
      y[r] = best;
    }
  },

  softmaxRows({ x, y, rows, columns }) {
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * columns, (r + 1) * columns);
      const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const total = sum(columns, (c) => Math.exp(row[c] - largest));
      for (let c = 0; c < columns; c++) y[r * columns + c] = Math.exp(row[c] - largest) / total;
    }
  },
};
