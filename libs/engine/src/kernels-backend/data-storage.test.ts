import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataOnIds } from './data-storage.js';
import { openEngine, tf } from '../index.js';
import { kernelEngines } from '../testing/engines.js';
import { cpu } from '#cpu';

describe('DataOnIds', () => {
  it('stores, counts and deletes data, independently for each storage', () => {
    const backend = new cpu.MathBackendCPU();
    const [one, other] = [new DataOnIds<{ n: number }>(backend), new DataOnIds<{ n: number }>(backend)];
    const ids = [{}, {}];
    one.set(ids[0], { n: 1 });
    one.set(ids[0], { n: 2 });
    one.set(ids[1], { n: 3 });
    expect([one.get(ids[0]).n, one.get(ids[1]).n, one.numDataIds()]).toEqual([2, 3, 2]);
    expect([other.has(ids[0]), other.numDataIds()]).toEqual([false, 0]);
    expect([one.delete(ids[0]), one.delete(ids[0]), one.has(ids[0]), one.numDataIds()]).toEqual([
      true,
      false,
      false,
      1,
    ]);
  });

  describe.each(kernelEngines)('in the backend %s', (engine) => {
    beforeAll(async () => {
      await openEngine({ engine });
      await tf.setBackend('cpu');
    });
    afterAll(async () => {
      await tf.setBackend('cpu');
    });

    it('moves data from another backend and back', async () => {
      const x = tf.tensor1d([1, 2, 3]);
      await tf.setBackend(engine);
      const before = tf.memory().numTensors;
      const y = tf.add(x, 1);
      expect([...y.dataSync()]).toEqual([2, 3, 4]);
      await tf.setBackend('cpu');
      const z = tf.add(y, x);
      expect([...z.dataSync()]).toEqual([3, 5, 7]);
      tf.dispose([y, z]);
      expect(tf.memory().numTensors).toBe(before);
      x.dispose();
    });
  });
});
