import { kernelsBackend, openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { addGradients } from './add-gradients.js';
import { numbers } from '../testing/gradients.js';

describe('addGradients', () => {
  beforeAll(async () => {
    await openEngine();
  });
  const expectSum = (actual: tf.Tensor, a: readonly number[], b: readonly number[]): void => {
    expect([...actual.dataSync()]).toEqual(a.map((value, i) => Math.fround(value + b[i])));
  };

  it('adds in place where allowed, otherwise leaves both unchanged', () => {
    tf.tidy(() => {
      const own = (seed: number): tf.Tensor => tf.add(numbers([5, 7], seed), 0);
      const values = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
      const [first, second] = [values(own(1)), values(own(2))];

      const sum = own(1);
      const added = addGradients(sum, own(2));
      expectSum(added, first, second);
      if (kernelsBackend()) expect(added).toBe(sum);

      // Another tensor on the same memory: not to be changed.
      const [a, b] = [own(1), own(2)];
      const other = tf.reshape(a, [35]);
      expectSum(addGradients(a, b), first, second);
      expect(values(other)).toEqual(first);

      // A caller's array is never changed either.
      const [mine, yours] = [Float32Array.from(first), Float32Array.from(second)];
      expectSum(addGradients(tf.tensor(mine, [5, 7]), tf.tensor(yours, [5, 7])), first, second);
      expect([...mine]).toEqual(first);
      expect([...yours]).toEqual(second);

      expectSum(addGradients(a, a), first, first);
      expect(() => addGradients(a, tf.zeros([4]))).toThrow();
    });
  });
});
