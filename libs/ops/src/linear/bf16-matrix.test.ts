// Matrices in bf16 against the same numbers in float32.
import { openEngine, tf, withoutRecording } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Bf16Matrix,
  embedding,
  embeddingWithPositions,
  linear,
  linearCrossEntropy,
  type Weight,
} from '../index.js';
import { expectMatch, numbers, type Operation } from '../testing/gradients.js';

const random = (shape: [number, number], seed: number): Bf16Matrix => {
  const values = numbers(shape, seed);
  const matrix = Bf16Matrix.from(values.dataSync<'float32'>(), shape);
  values.dispose();
  return matrix;
};

describe('a matrix in bf16', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it('rounds to nearest, ties to even', () => {
    const digit = 2 ** -7;
    const rounded: [from: number, to: number][] = [
      [1, 1],
      [1 + digit / 2, 1],
      [1 + digit / 2 + 2 ** -20, 1 + digit],
      [1 + 1.5 * digit, 1 + 2 * digit],
      [-1 - 1.5 * digit, -1 - 2 * digit],
      [-0, -0],
      [2 ** -133, 2 ** -133],
      [3.4e38, Infinity],
      [-Infinity, -Infinity],
      [NaN, NaN],
      [Math.PI, 3.140625],
    ];
    const matrix = Bf16Matrix.from(
      Float32Array.from(rounded, ([from]) => from),
      [1, rounded.length],
    );
    expect([...matrix.values()]).toEqual(rounded.map(([, to]) => to));
    expect(matrix.bytes).toBe(4 * 6);
    matrix.dispose();
  });

  it('can be read in chunks of rows', async () => {
    const shape = [700, 2999];
    const values = Float32Array.from({ length: 700 * 2999 }, (_, i) => Math.sin(i));
    const asked: number[] = [];
    const matrix = await Bf16Matrix.read(shape, (first, count) => {
      asked.push(count);
      return Promise.resolve(values.slice(first * 2999, (first + count) * 2999));
    });
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.reduce((sum, count) => sum + count)).toBe(700);
    const whole = Bf16Matrix.from(values, shape);
    expect(matrix.words.dataSync()).toEqual(whole.words.dataSync());
    const short = Bf16Matrix.read(shape, () => Promise.resolve(values));
    await expect(short).rejects.toThrow(/2099300 values for 349 rows of 2999/);
    matrix.dispose();
    whole.dispose();
  });

  it('multiplies like float32, and passes gradients to the other factor', () => {
    const before = tf.memory().numTensors;
    for (const [rows, inputs, outputs] of [
      [1, 1, 1],
      [1, 33, 20],
      [3, 64, 7],
      [9, 31, 18],
      [70, 40, 33],
    ]) {
      const matrix = random([outputs, inputs], 3);
      const through =
        (weight: Weight): Operation =>
        (x, bias) =>
          linear(x, weight, bias, 'gelu');
      tf.tidy(() => {
        const inputsOf = [numbers([rows, inputs], 1), numbers([outputs], 2)];
        expectMatch(through(matrix), through(matrix.toTensor()), inputsOf);
        const [narrow, wide] = [matrix, matrix.toTensor()].map((weight) =>
          withoutRecording(() => linear(inputsOf[0], weight)),
        );
        const furthest = tf.max(tf.abs(tf.sub(narrow, wide))).dataSync()[0];
        expect(furthest).toBeLessThan(1e-4);
      });
      matrix.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is looked up, with positions in bf16 or float32, and names an invalid id', () => {
    const [table, places] = [random([7, 5], 1), random([9, 5], 2)];
    tf.tidy(() => {
      const ids = tf.tensor2d([6, 0, 3, 3, 2, 5], [2, 3], 'int32');
      const rows = tf.gather(table.toTensor(), ids);
      expect(embedding(ids, table).shape).toEqual([2, 3, 5]);
      expect(embedding(ids, table).dataSync()).toEqual(rows.dataSync());
      const expected = tf.add(rows, tf.slice(places.toTensor(), [4, 0], [3, 5])).dataSync();
      for (const positions of [places, places.toTensor()]) {
        expect(embeddingWithPositions(ids, table, positions, 4).dataSync()).toEqual(expected);
      }
      expect(() => embedding(tf.tensor1d([1, 7], 'int32'), table)).toThrow(
        'id 7 at position 1, expected 0 to 6',
      );
      expect(() => embeddingWithPositions(ids, table, places, 7)).toThrow(/with L of at least/);
    });
    table.dispose();
    places.dispose();
  });

  it('works as the output projection of a loss', () => {
    const matrix = random([11, 6], 4);
    tf.tidy(() => {
      const targets = tf.tensor1d([3, -100, 10, 0], 'int32');
      expectMatch(
        (x) => linearCrossEntropy(x, matrix, undefined, targets),
        (x) => linearCrossEntropy(x, matrix.toTensor(), undefined, targets),
        [numbers([4, 6], 5)],
      );
    });
    matrix.dispose();
  });

  it('rejects a wrong number of values, and inputs of another width', () => {
    expect(() => Bf16Matrix.from(new Float32Array(5), [2, 3])).toThrow(
      '5 values for 2 rows of 3: expected 6',
    );
    expect(() => Bf16Matrix.from(new Float32Array(6), [6])).toThrow('shape [6]: expected [rows, columns]');
    const matrix = random([2, 3], 1);
    const x = tf.zeros([1, 4]);
    expect(() => linear(x, matrix)).toThrow(/x \[1, 4\] and weight \[2, 3\]/);
    x.dispose();
    matrix.dispose();
  });
});
