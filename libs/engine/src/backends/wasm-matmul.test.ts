import { expect, it, beforeAll } from 'vitest';
import fc from 'fast-check';
import { openEngine, tf } from '../index.js';

beforeAll(async () => {
  await openEngine({ engine: 'wasm' });
});

const random = (shape: number[], seed: number): tf.Tensor => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** A product from its definition, in double precision. */
function product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const batch = a.shape.slice(0, -2).reduce((size, each) => size * each, 1);
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const [m, k, n] = [
    transposeA ? aColumns : aRows,
    transposeA ? aRows : aColumns,
    transposeB ? bRows : bColumns,
  ];
  const [x, y] = [a.dataSync(), b.dataSync()];
  const result: number[] = [];
  for (let i = 0; i < batch * m * n; i++) {
    const [matrix, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    let sum = 0;
    for (let j = 0; j < k; j++) {
      sum +=
        x[matrix * m * k + (transposeA ? j * m + row : row * k + j)] *
        y[matrix * k * n + (transposeB ? column * k + j : j * n + column)];
    }
    result.push(sum);
  }
  return result;
}

const size = fc.integer({ min: 1, max: 40 });

it('multiplies matrices and batches of them, transposed or not', () => {
  const batch = fc.constantFrom([], [3], [2, 2]);
  fc.assert(
    fc.property(batch, size, size, size, fc.boolean(), fc.boolean(), (batch, m, k, n, ta, tb) => {
      const before = tf.memory();
      tf.tidy(() => {
        const a = random([...batch, ...(ta ? [k, m] : [m, k])], 1);
        const b = random([...batch, ...(tb ? [n, k] : [k, n])], 2);
        const actual = tf.matMul(a, b, ta, tb);
        expect(actual.shape).toEqual([...batch, m, n]);
        const expected = product(a, b, ta, tb);
        actual.dataSync().forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-5));
      });
      expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    }),
    { numRuns: 100 },
  );
});

it('multiplies one matrix by a batch, and empty matrices', () => {
  tf.tidy(() => {
    const a = random([4, 3, 5], 1);
    const b = random([5, 2], 2);
    const rows = tf.reshape(a, [12, 5]);
    expect([...tf.matMul(a, tf.reshape(b, [1, 5, 2])).dataSync()]).toEqual([
      ...tf.matMul(rows, b).dataSync(),
    ]);
    expect(tf.matMul(tf.zeros([0, 4]), tf.zeros([3, 4]), false, true).shape).toEqual([0, 3]);
    expect([...tf.matMul(tf.zeros([0, 2]), tf.zeros([0, 3]), true).dataSync()]).toEqual(Array(6).fill(0));
  });
});

it('multiplies by a variable that has changed, and by the same memory in two shapes', () => {
  tf.tidy(() => {
    const weight = tf.variable(random([64, 64], 1));
    const x = random([64, 64], 2);
    tf.matMul(x, weight);
    weight.assign(tf.zeros([64, 64]));
    expect(tf.max(tf.abs(tf.matMul(x, weight))).dataSync()[0]).toBe(0);
    weight.dispose();

    const [a, b, shared] = [random([64, 70], 3), random([96, 70], 4), random([64, 96], 5)];
    tf.matMul(a, shared, true);
    const reshaped = tf.reshape(shared, [96, 64]);
    const expected = product(b, reshaped, true, false);
    tf.matMul(b, reshaped, true)
      .dataSync()
      .forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-4));
  });
});
