import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { largestDifference, relativeDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Capture, MixtureOfExperts } from '../index.js';
import { expectNoLeaks, noise, random, values } from '../testing/tensors.js';

beforeAll(async () => {
  await openEngine();
});

describe('MixtureOfExperts', () => {
  it('applies the expert with the largest router output', () => {
    const moe = new MixtureOfExperts(6, 10, 3, random);
    expectNoLeaks([moe], () => {
      const x = noise(2, 7, 6);
      const capture = new Capture();
      const output = moe.forward(x, { capture, layer: 1 });
      const logits = values(moe.router.forward(x));
      const rows = tf.unstack(tf.reshape(x, [14, 6]));
      const expected = rows.map((row, i) => {
        const three = Array.from(logits.slice(3 * i, 3 * i + 3));
        const expert = three.indexOf(Math.max(...three));
        expect(capture.get('route.1')!.data[i]).toBe(expert);
        return moe.experts[expert].forward(tf.reshape(row, [1, 6]));
      });
      expect(new Set(capture.get('route.1')!.data).size).toBe(3);
      expect(capture.get('router_probs.1')!.shape).toEqual([2, 7, 3]);
      expect(largestDifference(values(output), values(tf.concat(expected, 0)))).toBeLessThan(1e-6);
    });
  });

  it('with trainRouter scales the output by the router probability, and gives the router a gradient', () => {
    const moe = new MixtureOfExperts(4, 5, 3, new Random('trained'), { trainRouter: true });
    // Large enough that no token is close to the boundary between two experts.
    tf.tidy(() => moe.router.weight.variable.assign(tf.mul(moe.router.weight.variable, 3)));
    expectNoLeaks([moe], () => {
      const x = noise(2, 7, 4);
      const capture = new Capture();
      const output = moe.forward(x, { capture });
      const plain = new MixtureOfExperts(4, 5, 3, random);
      plain.loadStateDict(moe.stateDict());
      const probabilities = capture.get('router_probs.0')!.data;
      const largest = Array.from({ length: 14 }, (_, i) =>
        Math.max(...probabilities.slice(3 * i, 3 * i + 3)),
      );
      const expected = tf.mul(plain.forward(x), tf.tensor3d(largest, [2, 7, 1]));
      expect(largestDifference(values(output), values(expected))).toBeLessThan(1e-6);
      plain.dispose();

      // Finite differences for one token, whose expert does not change.
      const { variable } = moe.router.weight;
      const one = tf.tensor3d([0.9, -0.4, 1.1, 0.3], [1, 1, 4]);
      const weights = noise(1, 1, 4);
      const total = () => tf.sum(tf.mul(moe.forward(one), weights)) as tf.Scalar;
      const gradient = values(tf.variableGrads(total, [variable]).grads[variable.name]);
      const start = values(variable).slice();
      const at = (i: number, change: number) => {
        const moved = start.slice();
        moved[i] += change;
        variable.assign(tf.tensor2d(moved, [3, 4]));
        return values(total())[0];
      };
      const numeric = Array.from(start, (_, i) => (at(i, 1e-2) - at(i, -1e-2)) / 2e-2);
      expect(relativeDifference(gradient, numeric)).toBeLessThan(2e-3);
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-3);
      variable.assign(tf.tensor2d(start, [3, 4]));
    });
  });

  it('gives the router no gradient, and an unused expert a gradient of zeros', () => {
    const moe = new MixtureOfExperts(2, 3, 2, random);
    moe.router.weight.variable.assign(tf.tidy(() => tf.tensor2d([1, 0, -1, 0], [2, 2])));
    const parameters = [...moe.namedParameters()];
    expectNoLeaks([], () => {
      const x = tf.ones([1, 4, 2]) as tf.Tensor3D; // all go to expert 0
      const { grads } = tf.variableGrads(
        () => tf.sum(moe.forward(x)),
        parameters.map(([, { variable }]) => variable),
      );
      for (const [name, { variable }] of parameters) {
        if (name === 'router.weight') expect(grads[variable.name]).toBeUndefined();
        else if (name.startsWith('experts.1'))
          expect(values(grads[variable.name]).every((g) => g === 0)).toBe(true);
      }
      expect(values(grads[moe.experts[0].linear2.bias!.variable.name])).toEqual(Float32Array.of(4, 4));
    });
    moe.dispose();
  });
});
