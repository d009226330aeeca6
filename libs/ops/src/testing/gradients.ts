// Two outside truths for an operation's gradient: its reference on tfjs's tape, and differences of the operation.
import { tf } from '@lilformer/engine';
import { largestDifference, relativeDifference } from '@lilformer/testing';
import { expect } from 'vitest';

export type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

/** A tensor of numbers between -1.5 and 1.5 that look random, the same for the same seed. */
export function numbers(shape: number[], seed: number): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const values = Float32Array.from({ length: size }, (_, i) => {
    const wave = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 3 * (wave - Math.floor(wave)) - 1.5;
  });
  return tf.tensor(values, shape, 'float32');
}

/** sum(output · cotangent), which has the gradient that a cotangent pulls back. */
function weighted(operation: Operation, cotangent: tf.Tensor): (...inputs: tf.Tensor[]) => tf.Scalar {
  return (...inputs) => tf.sum(tf.mul(operation(...inputs), cotangent));
}

/** Differences are measured against the largest number, or `least` where all are smaller: then they are mostly rounding. */
function expectClose(actual: tf.Tensor, expected: tf.Tensor, limit: number, least = 0.1): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = Array.from(expected.dataSync());
  const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), least);
  expect(largestDifference(actual.dataSync(), wanted) / scale).toBeLessThan(limit);
}

/** Output and gradients of the operation equal those of its reference, and no tensor is left over. */
export function expectMatch(
  operation: Operation,
  reference: Operation,
  inputs: tf.Tensor[],
  limit = 2e-5,
  least?: number,
): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const expected = reference(...inputs);
    expectClose(operation(...inputs), expected, limit, least);
    const cotangent = numbers(expected.shape, 99);
    const actualGradients = tf.grads(weighted(operation, cotangent))(inputs);
    const expectedGradients = tf.grads(weighted(reference, cotangent))(inputs);
    actualGradients.forEach((gradient, i) => expectClose(gradient, expectedGradients[i], limit, least));
  });
  expect(tf.memory().numTensors).toBe(before);
}

/** Gradients equal (f(x + h) - f(x - h)) / 2h, element by element. */
export function expectFiniteDifferences(operation: Operation, inputs: tf.Tensor[], limit = 5e-3): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const scalar = weighted(operation, numbers(operation(...inputs).shape, 99));
    const gradients = tf.grads(scalar)(inputs);
    inputs.forEach((input, place) => {
      const values = input.dataSync().slice();
      const differences = Array.from(values, (value, i) => {
        const at = (moved: number): number =>
          tf.tidy(() => {
            const changed = Float32Array.from(values);
            changed[i] = moved;
            const all = inputs.map((other, j) => (j === place ? tf.tensor(changed, input.shape) : other));
            return scalar(...all).dataSync()[0];
          });
        const step = 1e-2;
        return (at(value + step) - at(value - step)) / (2 * step);
      });
      expect(relativeDifference(gradients[place].dataSync(), differences)).toBeLessThan(limit);
    });
  });
  expect(tf.memory().numTensors).toBe(before);
}
