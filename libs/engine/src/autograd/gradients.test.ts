// Every gradient against central differences of the operation itself.
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine, tf } from '../index.js';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

const numbers = (count: number, seed: number, low = -1.5, high = 1.5): number[] =>
  Array.from({ length: count }, (_, i) => low + (high - low) * (((i + 1) * (0.754877 + seed * 0.1)) % 1));

/** Largest difference between the gradient on the tape and ((f(x + h) - f(x - h)) / 2h), weighted sum of outputs. */
function gradientError(operation: Operation, inputs: tf.Tensor[]): number {
  return tf.tidy(() => {
    const outputs = operation(...inputs);
    const weights = tf.tensor(numbers(outputs.size, 3, 0.5, 1.5), outputs.shape);
    const scalar = (...x: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(operation(...x), weights));
    const gradients = tf.grads(scalar)(inputs);
    let worst = 0;
    inputs.forEach((input, place) => {
      expect(gradients[place].shape).toEqual(input.shape);
      const actual = gradients[place].dataSync();
      const values = Array.from(input.dataSync());
      const at = (i: number, value: number): number => {
        const moved = values.slice();
        moved[i] = value;
        const all = inputs.map((other, j) => (j === place ? tf.tensor(moved, input.shape) : other));
        return scalar(...all).dataSync()[0];
      };
      values.forEach((value, i) => {
        const step = 2e-2;
        const expected = (at(i, value + step) - at(i, value - step)) / (2 * step);
        worst = Math.max(worst, Math.abs(expected - actual[i]) / Math.max(1, Math.abs(expected)));
      });
    });
    return worst;
  });
}

const any = (shape: number[], seed = 1) => tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
const positive = (shape: number[], seed = 1) =>
  tf.tensor(numbers(tf.util.sizeFromShape(shape), seed, 0.6, 2), shape);

const operations: Record<string, [Operation, () => tf.Tensor[]]> = {
  'add, broadcast': [(a, b) => tf.add(a, b), () => [any([2, 3]), any([3], 2)]],
  'sub, broadcast both ways': [(a, b) => tf.sub(a, b), () => [any([2, 1]), any([1, 3], 2)]],
  'mul, broadcast': [(a, b) => tf.mul(a, b), () => [any([2, 2, 3]), any([2, 1], 2)]],
  'div, broadcast': [(a, b) => tf.div(a, b), () => [any([2, 3]), positive([1], 2)]],
  maximum: [(a, b) => tf.maximum(a, b), () => [any([7]), any([7], 4)]],
  minimum: [(a, b) => tf.minimum(a, b), () => [any([7]), any([7], 4)]],
  squaredDifference: [(a, b) => tf.squaredDifference(a, b), () => [any([2, 3]), any([3], 2)]],
  pow: [(a, b) => tf.pow(a, b), () => [positive([5]), positive([5], 2)]],
  mod: [
    (a, b) => tf.mod(a, b),
    () => [tf.tensor([1.3, 1.9, 0.9, 2.1, 1, 1.5], [2, 3]), tf.tensor([0.9, 0.8, 0.7])],
  ],
  atan2: [(a, b) => tf.atan2(a, b), () => [any([2, 3]), positive([3], 2)]],
  addN: [(a, b, c) => tf.addN([a, b, c]), () => [any([3]), any([3], 2), any([3], 4)]],
  prelu: [(a, b) => tf.prelu(a, b), () => [any([3, 4]), positive([4], 2)]],
  expm1: [(x) => tf.expm1(x), () => [any([4])]],
  tan: [(x) => tf.tan(tf.mul(x, 0.5)), () => [any([4])]],
  sinh: [(x) => tf.sinh(x), () => [any([4])]],
  cosh: [(x) => tf.cosh(x), () => [any([4])]],
  asin: [(x) => tf.asin(tf.mul(x, 0.5)), () => [any([4])]],
  acos: [(x) => tf.acos(tf.mul(x, 0.5)), () => [any([4])]],
  atan: [(x) => tf.atan(x), () => [any([4])]],
  asinh: [(x) => tf.asinh(x), () => [any([4])]],
  acosh: [(x) => tf.acosh(tf.add(x, 1)), () => [positive([4])]],
  atanh: [(x) => tf.atanh(tf.mul(x, 0.5)), () => [any([4])]],
  elu: [(x) => tf.elu(x), () => [any([8])]],
  selu: [(x) => tf.selu(x), () => [any([8])]],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.1), () => [any([8])]],
  relu6: [(x) => tf.relu6(x), () => [tf.tensor([-1, 0.5, 3, 7])]],
  'ceil, round and sign': [
    (x) => tf.addN([x, tf.ceil(x), tf.round(x), tf.sign(x), tf.floor(x)]),
    () => [tf.tensor([-1.3, -0.2, 0.3, 1.2])],
  ],
  'prod with zeros': [(x) => tf.prod(x, [0, 2]), () => [tf.tensor([1, 2, 0, 3, -1, 4, 2, 0.5], [2, 2, 2])]],
  'gather along an axis': [
    (x) => tf.gather(x, tf.tensor([2, 0, 2, 1], [2, 2], 'int32'), 1),
    () => [any([2, 3, 2])],
  ],
  'gather with batches': [
    (x) => tf.gather(x, tf.tensor([2, 0, 2, 1], [2, 2], 'int32'), 2, 1),
    () => [any([2, 2, 3, 2])],
  ],
  topk: [(x) => tf.topk(x, 2).values, () => [tf.tensor([[3, 1, 2], [0, 5, 4]])]], // prettier-ignore
  unsortedSegmentSum: [
    (x) => tf.unsortedSegmentSum(x as tf.Tensor2D, tf.tensor1d([1, 0, 1, -1], 'int32'), 3),
    () => [any([4, 2])],
  ],
  'stridedSlice, pairs': [(x) => tf.stridedSlice(x, [0, 1], [3, 6], [1, 2]), () => [any([3, 6])]],
  'stridedSlice, backwards': [
    (x) => tf.stridedSlice(x, [0, -1, 0], [2, -6, 4], [1, -2, 3]),
    () => [any([2, 6, 4])],
  ],
  'stridedSlice, ellipsis and a new axis': [
    (x) => tf.stridedSlice(x, [0, 0, 1], [0, 0, 4], [1, 1, 2], 0, 0, 1, 2),
    () => [any([2, 2, 4])],
  ],
  neg: [(x) => tf.neg(x), () => [any([4])]],
  abs: [(x) => tf.abs(x), () => [any([4])]],
  square: [(x) => tf.square(x), () => [any([4])]],
  log: [(x) => tf.log(x), () => [positive([4])]],
  sin: [(x) => tf.sin(x), () => [any([4])]],
  cos: [(x) => tf.cos(x), () => [any([4])]],
  relu: [(x) => tf.relu(x), () => [any([8])]],
  erf: [(x) => tf.erf(x), () => [any([4])]],
  softplus: [(x) => tf.softplus(x), () => [any([4])]],
  clipByValue: [(x) => tf.clipByValue(x, -0.5, 0.7), () => [any([9])]],
  exp: [(x) => tf.exp(x), () => [any([4])]],
  sqrt: [(x) => tf.sqrt(x), () => [positive([4])]],
  rsqrt: [(x) => tf.rsqrt(x), () => [positive([4])]],
  reciprocal: [(x) => tf.reciprocal(x), () => [positive([4])]],
  tanh: [(x) => tf.tanh(x), () => [any([4])]],
  sigmoid: [(x) => tf.sigmoid(x), () => [any([4])]],
  where: [(a, b) => tf.where(tf.tensor([1, 0, 1], [3], 'bool'), a, b), () => [any([3]), any([3], 2)]],
  'sum of everything': [(x) => tf.sum(x), () => [any([2, 3])]],
  'sum along an axis': [(x) => tf.sum(x, 1), () => [any([2, 3, 2])]],
  'mean, kept dimension': [(x) => tf.mean(x, -1, true), () => [any([2, 3])]],
  max: [(x) => tf.max(x, 1), () => [any([2, 5])]],
  min: [(x) => tf.min(x, 0), () => [any([3, 2])]],
  softmax: [(x) => tf.softmax(x), () => [any([2, 4])]],
  logSoftmax: [(x) => tf.logSoftmax(x), () => [any([2, 4])]],
  logSumExp: [(x) => tf.logSumExp(x, -1), () => [any([2, 4])]],
  cumsum: [(x) => tf.cumsum(x, 1, true), () => [any([2, 4])]],
  matMul: [(a, b) => tf.matMul(a, b), () => [any([2, 3]), any([3, 4], 2)]],
  'matMul, both transposed': [(a, b) => tf.matMul(a, b, true, true), () => [any([3, 2]), any([4, 3], 2)]],
  'matMul, batched': [(a, b) => tf.matMul(a, b, false, true), () => [any([2, 2, 3]), any([2, 4, 3], 2)]],
  'matMul, b for the whole batch': [(a, b) => tf.matMul(a, b), () => [any([2, 2, 3]), any([1, 3, 2], 2)]],
  'clone and cast': [(x) => tf.cast(tf.clone(x), 'float32'), () => [any([3])]],
  reshape: [(x) => tf.reshape(x, [3, 2]), () => [any([6])]],
  expandDims: [(x) => tf.expandDims(x, 1), () => [any([3])]],
  transpose: [(x) => tf.transpose(x, [1, 2, 0]), () => [any([2, 3, 4])]],
  reverse: [(x) => tf.reverse(x, 1), () => [any([2, 3])]],
  slice: [(x) => tf.slice(x, [1, 0], [1, 2]), () => [any([3, 4])]],
  pad: [(x) => tf.pad(x, [[1, 0], [0, 2]]), () => [any([2, 3])]], // prettier-ignore
  tile: [(x) => tf.tile(x, [2, 3]), () => [any([2, 2])]],
  concat: [(a, b) => tf.concat([a, b], 1), () => [any([2, 2]), any([2, 3], 2)]],
  stack: [(a, b) => tf.stack([a, b], 1), () => [any([2, 2]), any([2, 2], 2)]],
  unstack: [(x) => tf.add(...(tf.unstack(x) as [tf.Tensor, tf.Tensor])), () => [any([2, 3])]],
  split: [(x) => tf.mul(...(tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor])), () => [any([2, 4])]],
};

describe('gradients', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it.each(Object.keys(operations))('%s', (name) => {
    const [operation, inputs] = operations[name];
    expect(gradientError(operation, inputs())).toBeLessThan(3e-3);
  });
});
