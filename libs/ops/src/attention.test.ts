// Attention at sizes where the kernels take another way: beyond one block of keys, few heads on several threads, large
// heads. Small sizes with all options are in properties.test.ts.
import { openEngine, tf } from '@lilformer/engine';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention, attentionPacked, type AttentionOptions } from './attention.js';
import { attentionReference } from './attention-reference.js';
import { expectSame, numbers } from './testing/gradients.js';

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
        expectSame(
          (q, k, v) => attention(q, k, v, options).output,
          (q, k, v) => attentionReference(q, k, v, options).output,
          inputs,
          1e-4,
        );
      }
    });
  });

  it('packed, with padding and dropout', () => {
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.integer({ min: 1, max: 3 }),
      headDim: fc.integer({ min: 1, max: 40 }),
      length: fc.integer({ min: 1, max: 50 }),
      causal: fc.boolean(),
      padded: fc.boolean(),
      rate: fc.constantFrom(0, 0.3),
    });
    fc.assert(
      fc.property(sizes, ({ batch, heads, headDim, length, causal, padded, rate }) => {
        tf.tidy(() => {
          const options: AttentionOptions = {
            heads,
            causal,
            paddingMask: padded ? someKeys(batch, length) : undefined,
            dropout: { rate, seed: length, counter: 3 },
          };
          expectSame(
            (qkv) => attentionPacked(qkv, options).output,
            (qkv) => {
              const [q, k, v] = tf.split(qkv, 3, 2);
              return attentionReference(q, k, v, options).output;
            },
            [numbers([batch, length, 3 * heads * headDim], length)],
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

it('gives the same bits every time, with and without a gradient', () => {
  tf.tidy(() => {
    for (const [batch, length] of [
      [1, 300],
      [6, 64],
    ]) {
      const qkv = numbers([batch, length, 3 * 32], 1);
      const options = { heads: 2, causal: true, dropout: { rate: 0.1, seed: 1, counter: 2 } };
      const run = () =>
        tf.valueAndGrad((x) => attentionPacked(x, options).output as tf.Scalar)(qkv, cotangent);
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
