import { kernelsBackend, openEngine, tf } from '@lilformer/engine';
import { largestDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionReference } from './attention.js';
import {
  appendToCache,
  cachedAttention,
  cacheOfRows,
  type CachedAttentionOptions,
} from './cached-attention.js';
import { numbers } from '../testing/gradients.js';
import { cachedAttentionReference } from '../testing/references.js';

describe('cachedAttention', () => {
  beforeAll(async () => {
    await openEngine();
  });
  const expectClose = (actual: tf.Tensor, expected: tf.Tensor): void => {
    expect(actual.shape).toEqual(expected.shape);
    expect(largestDifference(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
  };

  it('equals attention over the whole sequence, token by token', () => {
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.integer({ min: 1, max: 3 }),
      headDim: fc.integer({ min: 1, max: 9 }),
      tokens: fc.integer({ min: 1, max: 40 }),
      prompt: fc.integer({ min: 1, max: 40 }),
      masked: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, ({ batch, heads, headDim, tokens, prompt, masked }) => {
        const before = tf.memory().numTensors;
        tf.tidy(() => {
          const width = heads * headDim;
          const qkv = numbers([batch, tokens, 3 * width], 1); // [B, T, 3C]
          const [q, k, v] = tf.split(qkv, 3, 2);
          const mask = tf.tensor(
            Float32Array.from({ length: batch * tokens }, (_, i) => (i % 3 === 0 ? 0 : 1)),
            [batch, tokens],
          );
          const whole = { heads, causal: true, paddingMask: masked ? mask : undefined };
          const expected = attentionReference(q, k, v, whole).output;
          let keys: tf.Tensor | undefined;
          let values: tf.Tensor | undefined;
          let at = 0;
          while (at < tokens) {
            const count = at === 0 ? Math.min(prompt, tokens) : 1;
            const part = tf.slice(qkv, [0, at, 0], [-1, count, -1]);
            keys = appendToCache(keys, at, part, width, width);
            values = appendToCache(values, at, tf.slice(v, [0, at, 0], [-1, count, -1]));
            const length = at + count;
            const options = {
              heads,
              paddingMask: masked ? (tf.slice(mask, [0, 0], [-1, length]) as tf.Tensor2D) : undefined,
            };
            const row = tf.slice(expected, [0, at, 0], [-1, count, -1]);
            expectClose(cachedAttention(part, keys, values, length, options).output, row);
            const queries = tf.slice(part, [0, 0, 0], [-1, -1, width]);
            expectClose(cachedAttention(queries, keys, values, length, options).output, row);
            expectClose(cachedAttentionReference(part, keys, values, length, options).output, row);
            at = length;
          }
        });
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 25 },
    );
  });

  it('equals its reference over another sequence, with a bias, as a part of a buffer', () => {
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.integer({ min: 1, max: 3 }),
      headDim: fc.integer({ min: 1, max: 20 }),
      tokens: fc.integer({ min: 1, max: 12 }),
      length: fc.integer({ min: 1, max: 40 }),
      room: fc.integer({ min: 0, max: 9 }),
      causal: fc.boolean(),
      biased: fc.boolean(),
      masked: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, ({ batch, heads, headDim, tokens, length, room, biased, masked, ...rest }) => {
        const before = tf.memory().numTensors;
        tf.tidy(() => {
          const causal = rest.causal && tokens <= length;
          const width = heads * headDim;
          const q = numbers([batch, tokens, width], 1);
          const [keys, values] = [2, 3].map((salt) => numbers([batch, length + room, width], salt));
          const mask = Float32Array.from({ length: batch * length }, (_, i) => (i % 3 === 0 ? 0 : 1));
          const options: CachedAttentionOptions = {
            heads,
            causal,
            scale: 0.7,
            bias: biased ? numbers([heads, tokens, length], 4) : undefined,
            paddingMask: masked ? tf.tensor2d(mask, [batch, length]) : undefined,
          };
          const expected = cachedAttentionReference(q, keys, values, length, options).output;
          expectClose(cachedAttention(q, keys, values, length, options).output, expected);
        });
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 40 },
    );
  });

  it('returns weights, for one token or several', () => {
    tf.tidy(() => {
      const keys = appendToCache(undefined, 0, numbers([2, 5, 6], 1));
      const values = appendToCache(undefined, 0, numbers([2, 5, 6], 2));
      for (const tokens of [1, 3]) {
        const q = numbers([2, tokens, 6], 3);
        const options = { heads: 2, scale: 0.3, returnWeights: true };
        const { output, weights } = cachedAttention(q, keys, values, 5, options);
        const reference = cachedAttentionReference(q, keys, values, 5, options);
        expectClose(weights!, reference.weights!);
        expectClose(output, reference.output);
        expectClose(cachedAttention(q, keys, values, 5, { heads: 2, scale: 0.3 }).output, reference.output);
      }
    });
  });

  it('appends, on the native engine in place in buffers of doubling capacity', () => {
    tf.tidy(() => {
      const rows = numbers([2, 70, 3], 1);
      let buffer: tf.Tensor | undefined;
      const buffers = new Set<tf.Tensor>();
      for (let at = 0; at < 70; at++) {
        buffer = appendToCache(buffer, at, tf.slice(rows, [0, at, 0], [-1, 1, -1]));
        buffers.add(buffer);
      }
      const capacities = kernelsBackend() ? [32, 64, 128] : Array.from({ length: 70 }, (_, i) => i + 1);
      expect([...buffers].map(({ shape }) => shape[1])).toEqual(capacities);
      expect([...tf.slice(buffer!, [0, 0, 0], [-1, 70, -1]).dataSync()]).toEqual([...rows.dataSync()]);
      // a smaller length overwrites the positions after it
      const again = appendToCache(buffer, 1, tf.slice(rows, [0, 5, 0], [-1, 2, -1]));
      if (kernelsBackend()) expect(again).toBe(buffer);
      const expected = tf.gather(rows, tf.tensor1d([0, 5, 6], 'int32'), 1);
      expect([...tf.slice(again, [0, 0, 0], [-1, 3, -1]).dataSync()]).toEqual([...expected.dataSync()]);
    });
  });

  it('selects sequences', () => {
    tf.tidy(() => {
      const buffer = appendToCache(undefined, 0, numbers([3, 2, 2], 1));
      const kept = cacheOfRows(buffer, 2, [2, 0]);
      const expected = tf.gather(numbers([3, 2, 2], 1), tf.tensor1d([2, 0], 'int32'));
      expect([...tf.slice(kept, [0, 0, 0], [-1, 2, -1]).dataSync()]).toEqual([...expected.dataSync()]);
    });
  });

  it('reports wrong arguments, and a gradient', () => {
    tf.tidy(() => {
      const buffer = appendToCache(undefined, 0, tf.zeros([1, 32, 6]));
      const q = tf.zeros([1, 1, 6]);
      const attend = (...args: [tf.Tensor, number, number]) =>
        cachedAttention(args[0], buffer, buffer, args[1], { heads: args[2] });
      expect(() => attend(tf.zeros([1, 6]), 1, 2)).toThrow(/q \[1, 6\] and keys \[1, 32, 6\], expected/);
      expect(() => attend(tf.zeros([1, 1, 5]), 1, 2)).toThrow(/q: shape \[1, 1, 5\], expected/);
      expect(() => attend(q, 33, 2)).toThrow(/length 33, expected 1 to 32/);
      expect(() => attend(q, 0, 2)).toThrow(/length 0, expected 1 to 32/);
      const several = (causal: boolean) => () =>
        cachedAttention(tf.zeros([1, 3, 6]), buffer, buffer, 2, { heads: 2, causal });
      expect(several(true)).toThrow(/length 2, expected 3 to 32, from the new tokens to the capacity/);
      expect(several(false)).not.toThrow();
      expect(() => cachedAttention(q, buffer, buffer, 2, { heads: 2, bias: tf.zeros([2, 1, 3]) })).toThrow(
        'cachedAttention: bias: shape [2, 1, 3], expected [H = 2, Tnew = 1, length = 2]',
      );
      expect(() => attend(q, 1, 4)).toThrow(/4 heads, expected an integer that divides the width 6/);
      const wrong = (...args: Parameters<typeof appendToCache>) =>
        expect(() => appendToCache(...args)).toThrow(/expected the same batch and width/);
      wrong(buffer, 33, q);
      wrong(undefined, 1, q);
      wrong(buffer, 4, tf.zeros([2, 1, 6]));
      wrong(buffer, 4, tf.zeros([1, 1, 7]));
      wrong(buffer, 4, q, 1, 6);
      expect(() => tf.grad((q) => tf.sum(attend(q, 1, 2).output))(q)).toThrow(
        /cachedAttention has no gradient: train without/,
      );
      const biased = (bias: tf.Tensor) => cachedAttention(q, buffer, buffer, 1, { heads: 2, bias }).output;
      expect(() => tf.grad((bias) => tf.sum(biased(bias)))(tf.zeros([2, 1, 1]))).toThrow(/has no gradient/);
    });
  });
});
