import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { KeyValueCache } from '../index.js';
import { expectNoLeaks } from '../testing/tensors.js';

beforeAll(async () => {
  await openEngine();
});

describe('KeyValueCache', () => {
  const token = (value: number, batch = 2) => tf.fill([batch, 1, 2], value) as tf.Tensor3D;

  /** The first `length` rows, `[B, length, 2]`. */
  const held = (buffer: tf.Tensor3D, length: number) =>
    Array.from(tf.slice(buffer, [0, 0, 0], [-1, length, -1]).dataSync());

  it('appends, truncates, selects rows and disposes its tensors', () => {
    expectNoLeaks([], () => {
      const cache = new KeyValueCache(2);
      for (let i = 0; i < 40; i++) {
        const { keys, values: all, length } = cache.append(0, token(i), token(-i));
        cache.advance(1);
        expect(length).toBe(i + 1);
        expect(keys.shape[1]).toBeGreaterThanOrEqual(length);
        expect(held(all, length).slice(2 * i, 2 * i + 2)).toEqual([-i, -i]);
      }
      cache.truncate(2);
      expect(cache.length).toBe(2);
      cache.keepRows([1]);
      const { keys, values: all, length } = cache.append(0, token(9, 1), token(7, 1));
      expect(held(keys, length)).toEqual([0, 0, 1, 1, 9, 9]);
      expect(held(all, length)).toEqual([-0, -0, -1, -1, 7, 7]);
      expect(() => cache.truncate(3)).toThrow('truncate: length is 3. Expected an integer from 0 to 2.');
      cache.reset();
      expect(cache.length).toBe(0);
      cache.dispose();
    });
  });

  it('accepts repeated rows, as beam search needs', () => {
    expectNoLeaks([], () => {
      const cache = new KeyValueCache(2);
      const rows = tf.tensor3d([1, 1, 2, 2], [2, 1, 2]);
      cache.append(0, rows, rows);
      cache.advance(1);
      cache.keepRows([1, 0, 1]);
      expect(cache.batch).toBe(3);
      const { keys, length } = cache.append(0, token(5, 3), token(5, 3));
      expect(held(keys, length)).toEqual([2, 2, 5, 5, 1, 1, 5, 5, 2, 2, 5, 5]);
      cache.dispose();
    });
  });

  it('computes cross keys and values once, and selects their rows', () => {
    expectNoLeaks([], () => {
      const cache = new KeyValueCache(2);
      let made = 0;
      const source = () => {
        made++;
        const keys = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
        return { keys, values: tf.mul(keys, 10) as tf.Tensor3D };
      };
      const rows = () => {
        const { keys, values } = cache.cross(1, source);
        expect([...values.dataSync()]).toEqual(Array.from(keys.dataSync(), (x) => 10 * x));
        return Array.from(keys.dataSync());
      };
      expect(rows()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      cache.keepRows([1, 1, 0]);
      expect(rows()).toEqual([5, 6, 7, 8, 5, 6, 7, 8, 1, 2, 3, 4]);
      const { keys } = cache.cross(1, source);
      cache.keepRows([1, 0, 2]); // reordered beams of one sequence
      expect(cache.cross(1, source).keys).toBe(keys);
      cache.keepRows([2, 0]);
      expect(rows()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(made).toBe(1);
      cache.reset();
      cache.cross(1, source);
      expect(made).toBe(2);
      cache.dispose();
    });
  });

  it('overwrites the rows of a forward pass that failed between two layers', () => {
    expectNoLeaks([], () => {
      const cache = new KeyValueCache(2);
      for (const layer of [0, 1]) cache.append(layer, token(1), token(1));
      cache.advance(1);
      cache.append(0, token(2), token(2)); // layer 1 is not reached
      for (const layer of [0, 1]) {
        const { keys, length } = cache.append(layer, token(3), token(3));
        expect(held(keys, length)).toEqual([1, 1, 3, 3, 1, 1, 3, 3]);
      }
      cache.dispose();
    });
  });
});
