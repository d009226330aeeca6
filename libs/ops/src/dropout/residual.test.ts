import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { dropout } from './dropout.js';
import { residual } from './residual.js';
import { residualReference } from '../testing/references.js';
import { expectMatch, expectFiniteDifferences, numbers } from '../testing/gradients.js';

describe('residual', () => {
  beforeAll(async () => {
    await openEngine();
  });
  const mask = { rate: 0.3, seed: 5, counter: 9 };

  it('equals its reference, with and without dropout', () => {
    tf.tidy(() => {
      const inputs = [numbers([3, 4, 5], 1), numbers([3, 4, 5], 2)];
      for (const dropped of [undefined, mask, { ...mask, rate: 0 }]) {
        expectMatch(
          (x, y) => residual(x, y, dropped),
          (x, y) => residualReference(x, y, dropped),
          inputs,
        );
        expectFiniteDifferences((x, y) => residual(x, y, dropped), inputs);
      }
      expectFiniteDifferences((x) => residual(x, x, mask), [inputs[0]]);
      expectMatch(
        (x, y) => residual(x, y),
        (x, y) => tf.add(x, y),
        [tf.zeros([0, 3]), tf.zeros([0, 3])],
      );
    });
  });

  it('applies dropout to the branch only', () => {
    tf.tidy(() => {
      const x = numbers([40, 7], 1);
      const ones = tf.ones([40, 7]);
      const kept = tf.sub(residual(x, ones, mask), x).dataSync();
      const expected = dropout(ones, mask.rate, mask.seed, mask.counter).dataSync();
      expect(kept.every((value, i) => Math.abs(value - expected[i]) < 1e-6)).toBe(true);
      expect(kept.some((value) => Math.abs(value) < 1e-6)).toBe(true);
    });
  });

  it('saves nothing for the gradient', () => {
    const x = numbers([4, 4], 1);
    tf.tidy(() => {
      tf.grad((x) => {
        const before = tf.memory().numTensors;
        const y = residual(x, x);
        expect(tf.memory().numTensors).toBe(before + 1);
        return tf.sum(y);
      })(x);
    });
    x.dispose();
  });

  it('rejects different shapes and invalid masks', () => {
    tf.tidy(() => {
      expect(() => residual(tf.zeros([2, 3]), tf.zeros([3]))).toThrow(/residual: y: shape \[3\], expected/);
      expect(() => residual(tf.zeros([2]), tf.zeros([2]), { ...mask, rate: 1 })).toThrow(/rate 1/);
    });
  });
});
