// Attention at sizes where the kernels take another code path: more than one block of keys, few heads on several threads,
// large heads. Small sizes with all options are in properties.test.ts.
import { openEngine, tf } from '@lilformer/engine';
import { largestDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention, attentionPacked, attentionReference, type AttentionOptions } from './attention.js';
import { expectMatch, expectFiniteDifferences, numbers } from '../testing/gradients.js';

beforeAll(async () => {
  await openEngine();
});

/** 1 for about two of three keys. */
const someKeys = (batch: number, keys: number): tf.Tensor =>
  tf.tensor2d(
    Float32Array.from({ length: batch * keys }, (_, i) => (i % 3 === 1 ? 0 : 1)),
    [batch, keys],
  );

describe('attention equals its reference', () => {
  it.each([
    { what: 'more keys than a block', batch: 1, heads: 1, queries: 300, keys: 300, headDim: 16 },
    { what: 'few queries, many keys', batch: 1, heads: 2, queries: 9, keys: 530, headDim: 8 },
    { what: 'more queries than a range', batch: 1, heads: 1, queries: 600, keys: 40, headDim: 8 },
    { what: 'one long head on all threads', batch: 1, heads: 1, queries: 256, keys: 256, headDim: 32 },
    { what: 'the largest heads of the kernels', batch: 1, heads: 1, queries: 12, keys: 12, headDim: 256 },
    { what: 'larger heads', batch: 1, heads: 1, queries: 6, keys: 6, headDim: 257 },
  ])('$what', ({ batch, heads, queries, keys, headDim }) => {
    tf.tidy(() => {
      const inputs = [queries, keys, keys].map((length, i) => numbers([batch, length, heads * headDim], i));
      for (const causal of queries > keys ? [false] : [true, false]) {
        const options: AttentionOptions = {
          heads,
          causal,
          paddingMask: causal ? someKeys(batch, keys) : undefined,
          dropout: { rate: causal ? 0.2 : 0, seed: 5, counter: 2 ** 40 },
        };
        expectMatch(
          (q, k, v) => attention(q, k, v, options).output,
          (q, k, v) => attentionReference(q, k, v, options).output,
          inputs,
          1e-4,
        );
      }
    });
  });

  it('with a bias, in self- and cross-attention, with padding and dropout', () => {
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.integer({ min: 1, max: 3 }),
      headDim: fc.integer({ min: 1, max: 20 }),
      queries: fc.integer({ min: 1, max: 40 }),
      keys: fc.integer({ min: 1, max: 40 }),
      causal: fc.boolean(),
      padded: fc.boolean(),
      rate: fc.constantFrom(0, 0.3),
    });
    fc.assert(
      fc.property(sizes, ({ batch, heads, headDim, queries, keys, causal, padded, rate }) => {
        tf.tidy(() => {
          const options: AttentionOptions = {
            heads,
            causal: causal && queries <= keys,
            scale: 0.7,
            paddingMask: padded ? someKeys(batch, keys) : undefined,
            dropout: { rate, seed: keys, counter: 3 },
          };
          const inputs = [queries, keys, keys].map((length, i) =>
            numbers([batch, length, heads * headDim], i),
          );
          expectMatch(
            (q, k, v, bias) => attention(q, k, v, { ...options, bias }).output,
            (q, k, v, bias) => attentionReference(q, k, v, { ...options, bias }).output,
            [...inputs, numbers([heads, queries, keys], 4)],
            1e-4,
          );
        });
      }),
      { numRuns: 20 },
    );
  });

  it('packed, with padding and dropout', () => {
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.integer({ min: 1, max: 3 }),
      headDim: fc.integer({ min: 1, max: 40 }),
      length: fc.integer({ min: 1, max: 50 }),
      causal: fc.boolean(),
      padded: fc.boolean(),
      biased: fc.boolean(),
      rate: fc.constantFrom(0, 0.3),
    });
    fc.assert(
      fc.property(sizes, ({ batch, heads, headDim, length, causal, padded, biased, rate }) => {
        tf.tidy(() => {
          const options: AttentionOptions = {
            heads,
            causal,
            paddingMask: padded ? someKeys(batch, length) : undefined,
            dropout: { rate, seed: length, counter: 3 },
          };
          expectMatch(
            (qkv, bias) => attentionPacked(qkv, { ...options, bias }).output,
            (qkv, bias) => {
              const [q, k, v] = tf.split(qkv, 3, 2);
              return attentionReference(q, k, v, { ...options, bias }).output;
            },
            [
              numbers([batch, length, 3 * heads * headDim], length),
              ...(biased ? [numbers([heads, length, length], 7)] : []),
            ],
            1e-4,
          );
        });
      }),
      { numRuns: 15 },
    );
  });
});

/** All of a tensor's numbers as text, which compares faster than arrays do. */
const bits = (x: tf.Tensor): string => Buffer.from(x.dataSync().slice().buffer).toString('base64');

it('is reproducible, with and without a gradient', () => {
  tf.tidy(() => {
    for (const [batch, length] of [
      [1, 300],
      [6, 64],
    ]) {
      const qkv = numbers([batch, length, 3 * 32], 1);
      const options = { heads: 2, causal: true, dropout: { rate: 0.1, seed: 1, counter: 2 } };
      const run = () =>
        tf.valueAndGrad((x) => attentionPacked(x, options).output as tf.Tensor as tf.Scalar)(qkv, cotangent);
      const cotangent = numbers([batch, length, 32], 2) as tf.Scalar;
      const first = bits(run().grad);
      for (let i = 0; i < 3; i++) expect(bits(run().grad)).toBe(first);
      const packed = bits(attentionPacked(qkv, options).output);
      expect(packed).toBe(bits(run().value));
      const [q, k, v] = tf.split(qkv, 3, 2);
      expect(bits(attention(q, k, v, options).output)).toBe(packed);
    }
  });
});

describe('the bias', () => {
  it('is added to the scores: a large bias selects one key', () => {
    tf.tidy(() => {
      const [q, k, v] = [2, 5, 5].map((length, i) => numbers([2, length, 6], i));
      const bias = tf.tensor3d(
        Float32Array.from({ length: 3 * 2 * 5 }, (_, i) => (i % 5 === 3 ? 100 : 0)),
        [3, 2, 5],
      );
      const { output } = attention(q, k, v, { heads: 3, bias });
      const chosen = tf.tile(tf.slice(v, [0, 3, 0], [-1, 1, -1]), [1, 2, 1]);
      expect(largestDifference(output.dataSync(), chosen.dataSync())).toBeLessThan(1e-5);
    });
  });

  it('has the gradient of finite differences', () => {
    tf.tidy(() => {
      const inputs = [...[3, 5, 5].map((length, i) => numbers([2, length, 4], i)), numbers([2, 3, 5], 7)];
      expectFiniteDifferences(
        (q, k, v, bias) => attention(q, k, v, { heads: 2, causal: true, bias }).output,
        inputs,
      );
    });
  });

  it('gets no gradient unless asked for', () => {
    tf.tidy(() => {
      const inputs = [3, 5, 5].map((length, i) => numbers([2, length, 4], i));
      const bias = numbers([2, 3, 5], 7);
      expectMatch(
        (q, k, v) => attention(q, k, v, { heads: 2, bias }).output,
        (q, k, v) => attentionReference(q, k, v, { heads: 2, bias }).output,
        inputs,
      );
    });
  });

  it('has a fixed shape', () => {
    tf.tidy(() => {
      const x = numbers([1, 4, 6], 1);
      expect(() => attention(x, x, x, { heads: 2, bias: tf.zeros([1, 4, 4]) })).toThrow(
        'attention: bias: shape [1, 4, 4], expected [H = 2, Tq = 4, Tk = 4]',
      );
    });
  });
});

describe('a padding mask', () => {
  it.each([{ causal: true }, { causal: false }])('removes all influence of hidden keys: %o', ({ causal }) => {
    tf.tidy(() => {
      // Two texts of 3 and 5 tokens, the first with its padding on the left: as the texts alone, padding at zero.
      const heads = 2;
      const qkv = [0, 1, 2].map((i) => numbers([2, 5, 6], i));
      const paddingMask = tf.tensor2d([0, 0, 1, 1, 1, 1, 1, 1, 1, 1], [2, 5]);
      const { output } = attention(qkv[0], qkv[1], qkv[2], { heads, causal, paddingMask });
      const [short, long] = [
        [0, 2, 3],
        [1, 0, 5],
      ].map(([row, start, length]) => {
        const [q, k, v] = qkv.map((x) => tf.slice(x, [row, start, 0], [1, length, -1]));
        return attention(q, k, v, { heads, causal }).output;
      });
      const actual = [
        output,
        tf.slice(output, [0, 2, 0], [1, 3, -1]),
        tf.slice(output, [1, 0, 0], [1, 5, -1]),
      ];
      expect(largestDifference(actual[1].dataSync(), short.dataSync())).toBeLessThan(1e-5);
      expect(largestDifference(actual[2].dataSync(), long.dataSync())).toBeLessThan(1e-5);
      if (causal) {
        // The padding before the first token sees no key at all.
        expect(new Set(tf.slice(output, [0, 0, 0], [1, 2, -1]).dataSync())).toEqual(new Set([0]));
      }
    });
  });
});
