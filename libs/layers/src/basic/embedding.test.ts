import { readSafetensors, toFloat32 } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { golden, largestDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Embedding, embedWithPositions, Linear, Module, sinusoids, type KeyValueCache } from '../index.js';
import { expectNoLeaks, random, values } from '../testing/tensors.js';
import { positions } from './embedding.js';

beforeAll(async () => {
  await openEngine();
});

describe('sinusoids', () => {
  it('match PyTorch in float32 and float64', async () => {
    const { tensors } = await readSafetensors(golden('unit/sinusoidal.safetensors'));
    expect([...tensors.keys()].sort()).toEqual(['table', 'wide_float64']);
    for (const array of tensors.values()) {
      const [length, width] = array.shape;
      expect(largestDifference(sinusoids(length, width), toFloat32(array))).toBeLessThan(1e-5);
    }
  });
});

describe('tied weights', () => {
  class Tied extends Module {
    readonly embedding = new Embedding(5, 3, random);
    readonly head = new Linear(3, 5, random, { bias: false, weight: this.embedding.weight });
  }

  it('are one parameter under two names, with the sum of both gradients', () => {
    const tied = new Tied();
    expectNoLeaks([tied], () => {
      expect([...tied.namedParameters()].map(([name]) => name)).toEqual(['embedding.weight']);
      expect(tied.parameterCount()).toBe(15);
      const state = tied.stateDict();
      expect([...state.keys()]).toEqual(['embedding.weight', 'head.weight']);
      expect(state.get('head.weight')).toEqual(state.get('embedding.weight'));
      const other = new Tied();
      other.loadStateDict(state);
      expect(other.stateDict()).toEqual(state);
      state.set('head.weight', { ...state.get('head.weight')!, data: new Float32Array(15) });
      expect(() => other.loadStateDict(state)).toThrow(
        'head.weight and embedding.weight are tied, but have different values',
      );
      other.dispose();

      const ids = tf.tensor2d([[0, 3]], [1, 2], 'int32');
      const { variable } = tied.embedding.weight;
      const chosen = tf.cast(tf.oneHot([0, 3], 5), 'float32') as tf.Tensor2D;
      const used = (weight: tf.Tensor, out: tf.Tensor) => {
        const x = tf.matMul(chosen, weight as tf.Tensor2D);
        return tf.sum(tf.square(tf.matMul(x, out as tf.Tensor2D, false, true))) as tf.Scalar;
      };
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.square(tied.head.forward(tied.embedding.forward(ids)))) as tf.Scalar,
        [variable],
      );
      const parts = tf.grads((a, b) => used(a, b))([tf.clone(variable), tf.clone(variable)]);
      const both = values(tf.add(parts[0], parts[1]));
      expect(largestDifference(values(grads[variable.name]), both)).toBeLessThan(1e-4);
    });
  });

  it('need equal shapes', () => {
    const { weight } = new Embedding(5, 3, random);
    expect(() => new Linear(5, 3, random, { weight })).toThrow(
      'weight: shared parameter has shape [5, 3]. Expected [3, 5].',
    );
    weight.dispose();
  });
});

describe('embedWithPositions', () => {
  it('adds position embeddings: from 0, after a cache, with a padding mask, and given', () => {
    const [tokens, table] = [new Embedding(7, 4, random), new Embedding(9, 4, random)];
    expectNoLeaks([tokens, table], () => {
      const ids = tf.tensor2d([5, 1, 1, 6, 2, 0], [2, 3], 'int32');
      const cache = { length: 4 } as KeyValueCache;
      const paddingMask = tf.tensor2d([0, 1, 1, 1, 1, 1], [2, 3]);
      const given = tf.tensor2d([8, 0, 3, 3, 2, 1], [2, 3], 'int32');
      for (const options of [{}, { cache }, { paddingMask }, { cache, paddingMask, positions: given }]) {
        const expected = tf.add(tokens.forward(ids), table.forward(positions(ids, options) as tf.Tensor1D));
        const actual = embedWithPositions(ids, tokens, table.weight.variable, options);
        expect(largestDifference(values(actual), values(expected))).toBeLessThan(1e-6);
      }
      expect(positions(ids, { paddingMask, positions: given }).arraySync()).toEqual(given.arraySync());
      const wrong = { positions: tf.tensor2d([0, 1], [1, 2], 'int32') };
      expect(() => embedWithPositions(ids, tokens, table.weight.variable, wrong)).toThrow(
        'positions: shape is [1, 2]. Expected that of the ids, [2, 3].',
      );
    });
  });
});

describe('positions', () => {
  it('continue after the cache, and skip padding', () => {
    expectNoLeaks([], () => {
      const ids = tf.zeros([2, 3], 'int32') as tf.Tensor2D;
      const cache = { length: 2 } as KeyValueCache;
      expect(Array.from(positions(ids, {}).dataSync())).toEqual([0, 1, 2]);
      expect(Array.from(positions(ids, { cache }).dataSync())).toEqual([2, 3, 4]);
      const paddingMask = tf.tensor2d(
        [
          [0, 0, 1, 1, 1],
          [1, 1, 1, 1, 0],
        ],
        [2, 5],
        'int32',
      );
      expect(positions(ids, { cache, paddingMask }).arraySync()).toEqual([
        [0, 1, 2],
        [2, 3, 3],
      ]);
    });
  });
});
