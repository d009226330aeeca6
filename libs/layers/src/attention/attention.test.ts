import { openEngine, tf } from '@lilformer/engine';
import { largestDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attend,
  attendTo,
  Capture,
  CausalSelfAttention,
  Dropout,
  KeyValueCache,
  PackedSelfAttention,
  residual,
} from '../index.js';
import { expectNoLeaks, noise, random, values } from '../testing/tensors.js';

beforeAll(async () => {
  await openEngine();
});

describe('attention layers', () => {
  const layers = () => [new CausalSelfAttention(8, 2, 16, random), new PackedSelfAttention(8, 4, random)];

  it('attend to no later position', () => {
    const attentions = layers();
    expectNoLeaks(attentions, () => {
      for (const attention of attentions) {
        const x = noise(2, 6, 8);
        const changed = tf.concat([tf.slice(x, [0, 0, 0], [-1, 4, -1]), noise(2, 2, 8)], 1);
        const [a, b] = [x, changed].map((input) =>
          tf.slice(attention.forward(input), [0, 0, 0], [-1, 4, -1]),
        );
        expect(largestDifference(values(a), values(b))).toBeLessThan(1e-6);
        const rest = [x, changed].map((input) => tf.slice(attention.forward(input), [0, 4, 0]));
        expect(largestDifference(values(rest[0]), values(rest[1]))).toBeGreaterThan(1e-2);
      }
    });
  });

  it('give the same output with a cache, for any split of the sequence', () => {
    const attentions = layers();
    expectNoLeaks(attentions, () => {
      const pieces = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(pieces, fc.integer({ min: 1, max: 3 }), (lengths, batch) => {
          for (const attention of attentions) {
            const x = noise(
              batch,
              lengths.reduce((sum, n) => sum + n),
              8,
            );
            const whole = attention.forward(x);
            const cache = new KeyValueCache(batch);
            const parts = tf.split<tf.Tensor3D>(x, lengths, 1).map((part) => {
              const output = attention.forward(part, { cache });
              cache.advance(part.shape[1]);
              return output;
            });
            cache.dispose();
            expect(largestDifference(values(tf.concat(parts, 1)), values(whole))).toBeLessThan(1e-5);
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  it('capture causal weights that sum to 1, and give the same output', () => {
    const attentions = layers();
    expectNoLeaks(attentions, () => {
      for (const attention of attentions) {
        const x = noise(1, 5, 8);
        const capture = new Capture();
        const output = attention.forward(x, { capture, layer: 3 });
        expect(largestDifference(values(output), values(attention.forward(x)))).toBeLessThan(1e-6);
        expect([...capture.keys()]).toEqual(['attn.3']);
        const { shape, data } = capture.get('attn.3')!;
        expect(shape).toEqual([1, attention.nHeads, 5, 5]);
        for (let row = 0; row < attention.nHeads * 5; row++) {
          const weights = Array.from(data.slice(row * 5, row * 5 + 5));
          expect(weights.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 5);
          expect(weights.slice((row % 5) + 1).every((weight) => weight === 0)).toBe(true);
        }
      }
    });
  });

  it('ignore padding', () => {
    const attentions = layers();
    expectNoLeaks(attentions, () => {
      for (const attention of attentions) {
        const sequence = noise(1, 4, 8);
        const padded = tf.concat([noise(1, 3, 8), sequence], 1);
        const paddingMask = tf.tensor2d([[0, 0, 0, 1, 1, 1, 1]]);
        const output = tf.slice(attention.forward(padded, { paddingMask }), [0, 3, 0]);
        expect(largestDifference(values(output), values(attention.forward(sequence)))).toBeLessThan(1e-5);
      }
    });
  });
});

describe('attend and attendTo', () => {
  it('give the same output with a cache as for the whole sequence', () => {
    const [batch, tokens, dModel, nHeads, length] = [2, 5, 8, 2, 7];
    expectNoLeaks([], () => {
      const qkv = [1, 2, 3].map(() => noise(batch, tokens, dModel)) as [
        tf.Tensor3D,
        tf.Tensor3D,
        tf.Tensor3D,
      ];
      const other = { keys: noise(batch, length, dModel), values: noise(batch, length, dModel) };
      const bias = noise(nHeads, tokens, tokens);
      const crossBias = noise(nHeads, tokens, length);
      const paddingMask = tf.tensor2d([0, 1, 1, 1, 1, 1, 1, 1, 1, 0], [batch, tokens]);
      const otherMask = tf.tensor2d(
        Array.from({ length: batch * length }, (_, i) => (i % 7 > 4 ? 0 : 1)),
        [batch, length],
      );
      const whole = attend(qkv, { nHeads, bias }, { paddingMask });
      const packed = attend(tf.concat(qkv, 2), { nHeads, bias }, { paddingMask });
      expect(largestDifference(values(packed), values(whole))).toBeLessThan(1e-5);
      const toOther = attendTo(qkv[0], () => other, { nHeads, bias: crossBias }, { paddingMask: otherMask });

      const capture = new Capture();
      attend(qkv, { nHeads, bias, name: 'decoder.attn' }, { paddingMask, capture, layer: 3 });
      attendTo(qkv[0], () => other, { nHeads }, { paddingMask: otherMask, capture, layer: 3 });
      expect([...capture].map(([name, { shape }]) => [name, shape])).toEqual([
        ['decoder.attn.3', [batch, nHeads, tokens, tokens]],
        ['cross.3', [batch, nHeads, tokens, length]],
      ]);

      const cache = new KeyValueCache(batch);
      for (const [start, end] of [
        [0, 2],
        [2, 3],
        [3, 5],
      ]) {
        const part = <T extends tf.Tensor>(x: T) => tf.slice(x, [0, start, 0], [-1, end - start, -1]);
        const seen = {
          bias: tf.slice(bias, [0, start, 0], [-1, end - start, end]),
          mask: tf.slice(paddingMask, [0, 0], [-1, end]),
        };
        const now = attend(
          [part(qkv[0]), part(qkv[1]), part(qkv[2])],
          { nHeads, bias: seen.bias },
          { cache, paddingMask: seen.mask },
        );
        expect(largestDifference(values(now), values(part(whole)))).toBeLessThan(1e-5);
        const across = attendTo(
          part(qkv[0]),
          () => other,
          { nHeads, bias: part(crossBias) },
          { cache, paddingMask: otherMask },
        );
        expect(largestDifference(values(across), values(part(toOther)))).toBeLessThan(1e-5);
        cache.advance(end - start);
      }
      cache.dispose();
    });
  });
});

describe('fused dropout', () => {
  it('drops attention weights in training only, depending on the counter only', () => {
    const attention = new PackedSelfAttention(8, 2, random, { dropout: 0.5 });
    const plain = new PackedSelfAttention(8, 2, random);
    plain.loadStateDict(attention.stateDict()); // dropout adds no entries
    expectNoLeaks([attention, plain], () => {
      const x = noise(2, 6, 8);
      const whole = values(plain.forward(x));
      const dropped = values(attention.forward(x));
      expect(largestDifference(dropped, whole)).toBeGreaterThan(1e-2);
      expect(attention.dropout!.counter).toBe(1);
      attention.dropout!.counter = 0;
      expect(values(attention.forward(x))).toEqual(dropped);
      attention.eval();
      expect(largestDifference(values(attention.forward(x)), whole)).toBeLessThan(1e-6);
      expect(attention.dropout!.counter).toBe(1);
    });
    expect(() => new PackedSelfAttention(8, 2, random, { dropout: 1 })).toThrow(/rate: is 1/);
  });

  it('in residual uses the mask of Dropout.forward', () => {
    const dropout = new Dropout(0.5, random);
    expectNoLeaks([dropout], () => {
      const [x, y] = [noise(2, 3, 8), noise(2, 3, 8)];
      const sum = values(residual(x, () => y, dropout));
      expect(dropout.counter).toBe(1);
      dropout.counter = 0;
      expect(largestDifference(sum, values(tf.add(x, dropout.forward(y))))).toBeLessThan(1e-6);
      dropout.eval();
      expect(largestDifference(values(residual(x, () => y, dropout)), values(tf.add(x, y)))).toBeLessThan(
        1e-6,
      );
      expect(dropout.counter).toBe(1);
    });
  });
});
