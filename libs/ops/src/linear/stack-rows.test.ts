import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { stackRows } from './stack-rows.js';
import { expectMatch, numbers } from '../testing/gradients.js';

describe('stackRows', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it('concatenates, and splits the gradient', () => {
    tf.tidy(() => {
      const shapes: [number, number][][] = [
        [[2, 3]],
        [
          [2, 3],
          [4, 3],
          [1, 3],
        ],
        [
          [0, 3],
          [2, 3],
        ],
      ];
      for (const list of shapes) {
        expectMatch(
          (...matrices) => stackRows(matrices),
          (...matrices) => tf.concat(matrices, 0),
          list.map((shape, i) => numbers(shape, i)),
        );
      }
      const twice = numbers([2, 2], 1);
      expectMatch(
        (x) => stackRows([x, x]),
        (x) => tf.concat([x, x], 0),
        [twice],
      );
    });
  });

  it('rejects different numbers of columns', () => {
    tf.tidy(() => {
      expect(() => stackRows([tf.zeros([2, 3]), tf.zeros([2, 4])])).toThrow(
        /shapes \[2, 3\], \[2, 4\], expected matrices of equally many columns/,
      );
      expect(() => stackRows([])).toThrow(/shapes none/);
    });
  });
});
