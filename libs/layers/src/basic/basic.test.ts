import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { largestDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Dropout, FeedForward, GELU, LayerNorm, Linear, ReLU, RMSNorm, Sequential } from '../index.js';
import { expectNoLeaks, noise, random, values } from '../testing/tensors.js';

beforeAll(async () => {
  await openEngine();
});

describe('Dropout', () => {
  it('drops in training only, depends on the counter only, and keeps the mean', () => {
    const dropout = new Dropout(0.25, new Random('drop'));
    expectNoLeaks([dropout], () => {
      const x = tf.ones([100, 100]);
      const first = values(dropout.forward(x));
      expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
      expect(Math.abs(first.filter((value) => value === 0).length / 1e4 - 0.25)).toBeLessThan(0.02);
      const second = values(dropout.forward(x));
      expect(second).not.toEqual(first);
      expect(dropout.counter).toBe(2);
      dropout.counter = 1;
      expect(values(dropout.forward(x))).toEqual(second);
      expect(dropout.eval().forward(x)).toBe(x);
      expect(dropout.counter).toBe(2);
    });
  });
});

describe('addNorm', () => {
  it('returns the sum and its norm, with and without dropout', () => {
    const norms = [new LayerNorm(8), new RMSNorm(8)];
    expectNoLeaks(norms, () => {
      const [x, y] = [noise(2, 3, 8), noise(2, 3, 8)];
      for (const norm of norms) {
        const [sum, normed] = norm.addNorm(x, () => y);
        expect(largestDifference(values(sum), values(tf.add(x, y)))).toBeLessThan(1e-6);
        expect(largestDifference(values(normed), values(norm.forward(sum)))).toBeLessThan(1e-6);
        const dropout = new Dropout(0.5, random);
        const [droppedSum, droppedNorm] = norm.addNorm(x, () => y, dropout);
        expect(dropout.counter).toBe(1);
        dropout.counter = 0;
        const dropped = tf.add(x, dropout.forward(y));
        expect(largestDifference(values(droppedSum), values(dropped))).toBeLessThan(1e-6);
        expect(largestDifference(values(droppedNorm), values(norm.forward(dropped)))).toBeLessThan(1e-6);
      }
    });
  });
});

describe('Sequential', () => {
  it('applies its members in order, fusing activations into linear layers', () => {
    const [first, gelu, second] = [new Linear(3, 5, random), new GELU(), new Linear(5, 2, random)] as const;
    const sequential = new Sequential(first, gelu, second, new GELU());
    expectNoLeaks([sequential], () => {
      const x = noise(2, 4, 3);
      const unfused = gelu.forward(second.forward(gelu.forward(first.forward(x))));
      expect(largestDifference(values(sequential.forward(x)), values(unfused))).toBeLessThan(1e-6);
      const relu = new ReLU();
      const expected = second.forward(relu.forward(first.forward(x)));
      const withRelu = new Sequential(first, relu, second).forward(x);
      expect(largestDifference(values(withRelu), values(expected))).toBeLessThan(1e-6);
      expect(largestDifference(values(relu.forward(x)), values(tf.relu(x)))).toBe(0);
      const leading = new Sequential(gelu, first);
      expect(values(leading.forward(x))).toEqual(values(first.forward(gelu.forward(x))));
    });
  });
});

describe('FeedForward', () => {
  it('is applied to each position separately', () => {
    const ffn = new FeedForward(4, 9, random);
    expectNoLeaks([ffn], () => {
      const x = noise(2, 3, 4);
      const separate = tf.unstack(tf.reshape(x, [6, 4])).map((row) => ffn.forward(tf.reshape(row, [1, 4])));
      expect(largestDifference(values(ffn.forward(x)), values(tf.concat(separate, 0)))).toBeLessThan(1e-6);
    });
  });
});
