// What is said about wrong input.
import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, expect, it } from 'vitest';
import {
  adamWStep,
  attention,
  attentionPacked,
  clipByGlobalNorm,
  createAdamState,
  crossEntropy,
  dispatchToExperts,
  dropout,
  embedding,
  layerNorm,
  linear,
  linearCrossEntropy,
} from './index.js';

beforeAll(async () => {
  await openEngine();
});

const int = (values: number[]) => tf.tensor1d(values, 'int32');

it.each<[() => unknown, string]>([
  [() => linear(tf.zeros([2, 3]), tf.zeros([5, 4])), 'linear: x [2, 3] and weight [5, 4], expected x [..., in] and weight [out, in]'],
  [() => linear(tf.zeros([2, 3]), tf.zeros([5, 3]), tf.zeros([4])), 'linear: bias: shape [4], expected [out = 5]'],
  [() => embedding(int([1, 7]), tf.zeros([5, 2])), 'embedding: id 7 at position 1, expected 0 to 4 (a vocabulary of 5)'],
  [() => embedding(int([-1]), tf.zeros([5, 2])), 'embedding: id -1 at position 0'],
  [() => embedding(tf.zeros([2]), tf.zeros([5, 2])), 'embedding: ids of type float32, expected int32'],
  [() => layerNorm(tf.zeros([2, 3]), tf.zeros([4]), tf.zeros([3])), 'layerNorm: weight: shape [4], expected [C = 3]'],
  [() => attention(tf.zeros([1, 2, 6]), tf.zeros([1, 2, 6]), tf.zeros([1, 2, 6]), { heads: 4 }), 'attention: 4 heads, expected an integer that divides the width 6'],
  [() => attention(tf.zeros([1, 3, 6]), tf.zeros([1, 2, 6]), tf.zeros([1, 2, 6]), { heads: 1, causal: true }), 'attention: 3 causal queries for 2 keys, expected at most as many'],
  [() => attention(tf.zeros([1, 3, 6]), tf.zeros([2, 3, 6]), tf.zeros([2, 3, 6]), { heads: 1 }), 'attention: k: shape [2, 3, 6], expected [B = 1, Tk, C = 6]'],
  [() => attentionPacked(tf.zeros([1, 2, 7]), { heads: 1 }), 'attention: qkv [1, 2, 7], expected [B, T, 3C]'],
  [() => crossEntropy(tf.zeros([2, 3]), int([0, 3])), 'crossEntropy: target 3 at position 1, expected 0 to 2 (3 classes) or the ignored -100'],
  [() => crossEntropy(tf.zeros([2, 3]), int([0])), 'crossEntropy: logits [2, 3] and targets [1], expected logits [..., V] and targets [...]'],
  [() => linearCrossEntropy(tf.zeros([2, 3]), tf.zeros([5, 4]), undefined, int([0, 1])), 'linearCrossEntropy: x [2, 3] and weight [5, 4], expected x [..., C] and weight [V, C]'],
  [() => linearCrossEntropy(tf.zeros([2, 3]), tf.zeros([5, 3]), tf.zeros([4]), int([0, 1])), 'linearCrossEntropy: bias: shape [4], expected [V = 5]'],
  [() => linearCrossEntropy(tf.zeros([2, 3]), tf.zeros([5, 3]), undefined, int([0])), 'linearCrossEntropy: x [2, 3] and targets [1], expected x [..., C] and targets [...]'],
  [() => linearCrossEntropy(tf.zeros([2, 3]), tf.zeros([5, 3]), undefined, int([0, 5])), 'linearCrossEntropy: target 5 at position 1, expected 0 to 4 (5 classes) or the ignored -100'],
  [() => dropout(tf.zeros([2]), 1, 0, 0), 'dropout: rate 1, expected at least 0 and below 1'],
  [() => dropout(tf.zeros([2]), 0.5, -1, 0), 'dropout: seed -1, expected an integer from 0 to 2^53 - 1'],
  [() => dispatchToExperts(tf.zeros([2, 3]), int([0, 2]), [(x) => x, (x) => x]), 'dispatchToExperts: row 1 goes to expert 2, expected 0 to 1'],
  [() => clipByGlobalNorm([tf.ones([2])], 0), 'clipByGlobalNorm: maxNorm 0, expected a number above 0'],
])('%# %s', (body, message) => {
  expect(() => tf.tidy(() => void body())).toThrow(message);
}); // prettier-ignore

it('names the variable whose gradient has another shape', () => {
  const variable = tf.variable(tf.zeros([2]), true, 'head.bias');
  expect(() =>
    adamWStep([variable], [tf.zeros([3])], createAdamState([variable]), { learningRate: 1 }),
  ).toThrow('gradient [3] for head.bias [2], expected equal shapes');
});

it('leaves a variable without a gradient alone', () => {
  const variables = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))];
  adamWStep(variables, [null, tf.ones([2])], createAdamState(variables), { learningRate: 0.1 });
  expect([...variables[0].dataSync()]).toEqual([1, 1]);
  expect(variables[1].dataSync()[0]).toBeLessThan(1);
});
