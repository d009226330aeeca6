// Operations against their references on random shapes, gradients against finite differences, and no leaked tensors.
import { openEngine, tf } from '@lilformer/engine';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionReference, type AttentionOptions } from './attention/attention.js';
import {
  addLayerNorm,
  addRmsNorm,
  attention,
  attentionPacked,
  crossEntropy,
  dispatchToExperts,
  dropout,
  embedding,
  embeddingWithPositions,
  gelu,
  layerNorm,
  linear,
  linearCrossEntropy,
  relu,
  residual,
  rmsNorm,
  type Activation,
} from './index.js';
import { activationReference } from './linear/activations.js';
import { linearReference } from './linear/linear.js';
import { crossEntropyReference } from './losses/cross-entropy.js';
import { layerNormReference, rmsNormReference } from './norms/norms.js';
import { expectMatch, expectFiniteDifferences, numbers, type Operation } from './testing/gradients.js';
import {
  addLayerNormReference,
  addRmsNormReference,
  embeddingReference,
  embeddingWithPositionsReference,
  residualReference,
  dispatchToExpertsReference,
  linearCrossEntropyReference,
} from './testing/references.js';

const seed = fc.integer({ min: 0, max: 1e6 });
const size = fc.oneof(
  { weight: 1, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 37 }) },
);
const leading = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 });
const ids = (shape: number[], below: number, salt: number): tf.Tensor =>
  tf.tensor(
    Int32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i * 7919 + salt) % below),
    shape,
    'int32',
  );

/** Runs the body on random arguments; whatever it makes is gone afterwards. */
function check<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  body: (...values: T) => void,
  numRuns = 15,
): void {
  fc.assert(
    fc.property<T>(...(arbitraries as never), (...values: T) => {
      tf.engine().startScope();
      try {
        body(...values);
      } finally {
        tf.engine().endScope();
      }
    }),
    { numRuns },
  );
}

describe('on this engine', () => {
  beforeAll(async () => {
    await openEngine();
  });

  const activation = fc.constantFrom<(Activation | undefined)[]>(undefined, 'relu', 'gelu', 'geluTanh');
  it('linear', () => {
    check([leading, size, size, fc.boolean(), activation, seed], (shape, inner, outer, bias, act, salt) => {
      const inputs = [numbers([...shape, inner], salt), numbers([outer, inner], salt + 1)];
      if (bias) inputs.push(numbers([outer], salt + 2));
      expectMatch(
        (x, w, b) => linear(x, w, b, act),
        (x, w, b) => linearReference(x, w, b, act),
        inputs,
      );
    });
    expectFiniteDifferences(
      (x, w, b) => linear(x, w, b, 'gelu'),
      [numbers([2, 3, 4], 1), numbers([5, 4], 2), numbers([5], 3)],
    );
    expectFiniteDifferences((x, w) => linear(x, w), [numbers([3, 4], 1), numbers([2, 4], 2)]);
  });

  it('linear of zero rows has gradients of zero', () => {
    tf.tidy(() => {
      const [dx, dw, db] = tf.grads((x, w, b) => tf.sum(linear(x, w, b, 'relu')))([
        tf.zeros([0, 4]),
        numbers([3, 4], 1),
        numbers([3], 2),
      ]);
      expect(dx.shape).toEqual([0, 4]);
      expect([...dw.dataSync(), ...db.dataSync()].every((value) => value === 0)).toBe(true);
    });
  });

  it('embedding, with repeated ids', () => {
    check([leading, size, size, seed], (shape, vocab, width, salt) => {
      const tokens = ids(shape, vocab, salt);
      expectMatch(
        (table) => embedding(tokens, table),
        (table) => embeddingReference(tokens, table),
        [numbers([vocab, width], salt)],
      );
    });
    expectFiniteDifferences(
      (table) => embedding(tf.tensor1d([2, 0, 2], 'int32'), table),
      [numbers([4, 3], 1)],
    );
  });

  it('layerNorm and rmsNorm', () => {
    check([leading, fc.integer({ min: 4, max: 37 }), seed], (shape, width, salt) => {
      const inputs = [
        numbers([...shape, width], salt),
        numbers([width], salt + 1),
        numbers([width], salt + 2),
      ];
      expectMatch((x, w, b) => layerNorm(x, w, b), (x, w, b) => layerNormReference(x, w, b), inputs, 1e-4); // prettier-ignore
      expectMatch(
        (x, w) => rmsNorm(x, w),
        (x, w) => rmsNormReference(x, w),
        inputs.slice(0, 2),
      );
    });
    const inputs = [numbers([2, 3, 6], 1), numbers([6], 2), numbers([6], 3)];
    expectFiniteDifferences((x, w, b) => layerNorm(x, w, b), inputs);
    expectFiniteDifferences((x, w) => rmsNorm(x, w), inputs.slice(0, 2));
  });

  it('embeddingWithPositions, from any position', () => {
    const few = fc.integer({ min: 1, max: 12 });
    check(
      [few, few, few, few, fc.integer({ min: 0, max: 4 }), seed],
      (batch, length, vocab, width, first, salt) => {
        const tokens = ids([batch, length], vocab, salt);
        expectMatch(
          (table, positions) => embeddingWithPositions(tokens, table, positions, first),
          (table, positions) => embeddingWithPositionsReference(tokens, table, positions, first),
          [numbers([vocab, width], salt), numbers([first + length + (salt % 3), width], salt + 1)],
        );
      },
    );
    const tokens = tf.tensor2d([2, 0, 2, 1, 1, 2], [2, 3], 'int32');
    const inputs = [numbers([4, 3], 1), numbers([5, 3], 2)];
    expectFiniteDifferences(
      (table, positions) => embeddingWithPositions(tokens, table, positions, 1),
      inputs,
    );
  });

  it('addLayerNorm and addRmsNorm, with gradients of both outputs or one', () => {
    type Pair = (...inputs: tf.Tensor[]) => [tf.Tensor, tf.Tensor];
    const both =
      (operation: Pair): Operation =>
      (...inputs) => {
        const [sum, normed] = operation(...inputs);
        return tf.add(tf.mul(sum, 0.7), normed);
      };
    const pairs = [
      [addLayerNorm as unknown as Pair, addLayerNormReference as unknown as Pair, 4],
      [addRmsNorm as unknown as Pair, addRmsNormReference as unknown as Pair, 3],
    ] as const;
    const width = fc.integer({ min: 4, max: 37 });
    check(
      [leading, width, fc.constantFrom(...pairs), seed],
      (shape, width, [fused, reference, arity], salt) => {
        const rows = [...shape, width];
        const inputs = [rows, rows, [width], [width]].slice(0, arity).map((shape, i) => numbers(shape, salt + i)); // prettier-ignore
        expectMatch(both(fused), both(reference), inputs, 1e-4);
        const [x, y, ...weights] = inputs;
        for (const output of [0, 1]) {
          const one =
            (operation: Pair): Operation =>
            (x, y) =>
              operation(x, y, ...weights)[output];
          expectMatch(one(fused), one(reference), [x, y], 1e-4);
        }
      },
    );
    const inputs = [numbers([2, 3, 6], 1), numbers([2, 3, 6], 2), numbers([6], 3), numbers([6], 4)];
    for (const [fused, , arity] of pairs) expectFiniteDifferences(both(fused), inputs.slice(0, arity));
  });

  it('residual, with and without dropout', () => {
    check([leading, fc.boolean(), seed], (shape, drops, salt) => {
      const mask = drops ? { rate: 0.4, seed: salt, counter: 5 } : undefined;
      expectMatch(
        (x, y) => residual(x, y, mask),
        (x, y) => residualReference(x, y, mask),
        [numbers(shape, salt), numbers(shape, salt + 1)],
      );
    });
  });

  it('residual of tensors that are used elsewhere', () => {
    const inputs = [numbers([3, 4], 1), numbers([3, 4], 2)];
    const through =
      (add: Operation): Operation =>
      (a, b) => {
        const square = tf.mul(a, a);
        return tf.mul(add(a, b), square);
      };
    expectMatch(through((x, y) => residual(x, y)), through(tf.add), inputs); // prettier-ignore
  });

  it('relu, gelu and geluTanh', () => {
    check([leading, seed], (shape, salt) => {
      expectMatch((x) => relu(x), tf.relu, [numbers(shape, salt)]);
    });
    check([leading, fc.double({ min: 0.1, max: 8, noNaN: true }), seed], (shape, stretch, salt) => {
      const inputs = [tf.mul(numbers(shape, salt), stretch)];
      expectMatch((x) => gelu(x), activationReference.gelu, inputs);
      expectMatch((x) => gelu(x, 'tanh'), activationReference.geluTanh, inputs);
    });
    expectFiniteDifferences((x) => gelu(x), [numbers([9], 1)]);
    expectFiniteDifferences((x) => gelu(x, 'tanh'), [numbers([9], 1)]);
  });

  const shapeOfAttention = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 3 }),
    headDim: fc.integer({ min: 1, max: 9 }),
    queries: fc.integer({ min: 1, max: 12 }),
    cached: fc.integer({ min: 0, max: 8 }),
    causal: fc.boolean(),
    padded: fc.boolean(),
    scale: fc.constantFrom(undefined, 0.3),
    rate: fc.constantFrom(0, 0.4),
  });
  it('attention, with keys before the queries, padding and dropout', () => {
    check(
      [shapeOfAttention, seed],
      ({ batch, heads, headDim, queries, cached, padded, rate, ...rest }, salt) => {
        const keys = queries + cached;
        // With the first key hidden in a causal row, that row sees nothing: it has to be zero on both sides.
        const hidden = (i: number) => (i * 31 + salt) % 3 === 0;
        const paddingMask = padded
          ? tf.tensor2d(
              Int32Array.from({ length: batch * keys }, (_, i) => (hidden(i) ? 0 : 1)),
              [batch, keys],
              'int32',
            )
          : undefined;
        const options: AttentionOptions = {
          ...rest,
          heads,
          paddingMask,
          dropout: { rate, seed: salt, counter: 3 },
        };
        const inputs = [queries, keys, keys].map((length, i) =>
          numbers([batch, length, heads * headDim], salt + i),
        );
        expectMatch(
          (q, k, v) => attention(q, k, v, options).output,
          (q, k, v) => attentionReference(q, k, v, options).output,
          inputs,
          1e-4,
        );
      },
    );
    const inputs = [3, 5, 5].map((length, i) => numbers([2, length, 4], i));
    expectFiniteDifferences((q, k, v) => attention(q, k, v, { heads: 2, causal: true }).output, inputs);
  });

  it('attention at larger sizes', () => {
    tf.tidy(() => {
      const inputs = [40, 70, 70].map((length, i) => numbers([2, length, 48], i));
      expectMatch(
        (q, k, v) => attention(q, k, v, { heads: 2, causal: true }).output,
        (q, k, v) => attentionReference(q, k, v, { heads: 2, causal: true }).output,
        inputs,
        1e-4,
      );
    });
  });

  it('attention from packed q, k, v', () => {
    check([shapeOfAttention, seed], ({ batch, heads, headDim, queries, causal }, salt) => {
      expectMatch(
        (qkv) => attentionPacked(qkv, { heads, causal }).output,
        (qkv) => {
          const [q, k, v] = tf.split(qkv, 3, 2);
          return attentionReference(q, k, v, { heads, causal }).output;
        },
        [numbers([batch, queries, 3 * heads * headDim], salt)],
        1e-4,
      );
    });
  });

  it('returns attention weights whose rows sum to 1', () => {
    check([shapeOfAttention, seed], ({ batch, heads, headDim, queries, causal }, salt) => {
      const qkv = numbers([batch, queries, 3 * heads * headDim], salt);
      const { output, weights } = attentionPacked(qkv, { heads, causal, returnWeights: true });
      expect(weights!.shape).toEqual([batch, heads, queries, queries]);
      for (const sum of tf.sum(weights!, -1).dataSync()) expect(sum).toBeCloseTo(1, 5);
      const unseen = attentionPacked(qkv, { heads, causal }).output;
      expect(tf.max(tf.abs(tf.sub(output, unseen))).dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  const reduction = fc.constantFrom<('mean' | 'sum' | 'none')[]>('mean', 'sum', 'none');
  it('crossEntropy', () => {
    check([leading, size, reduction, fc.boolean(), seed], (shape, classes, reduction, ignoring, salt) => {
      const targets = ids(shape, classes, salt);
      const ignoreIndex = ignoring ? 0 : undefined;
      if (ignoring && targets.dataSync().every((target) => target === 0)) return;
      expectMatch(
        (x) => crossEntropy(x, targets, { reduction, ignoreIndex }),
        (x) => crossEntropyReference(x, targets, { reduction, ignoreIndex }),
        [tf.mul(numbers([...shape, classes], salt), 5)],
        1e-4,
      );
    });
    const targets = tf.tensor1d([1, 0, 3], 'int32');
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      expectFiniteDifferences(
        (x) => crossEntropy(x, targets, { reduction, ignoreIndex: 0 }),
        [numbers([3, 4], 1)],
      );
    }
  });

  it('linearCrossEntropy', () => {
    const mean = fc.constantFrom<('mean' | 'sum')[]>('mean', 'sum');
    check(
      [leading, size, size, fc.boolean(), mean, fc.boolean(), seed],
      (shape, width, classes, withBias, reduction, ignoring, salt) => {
        const targets = ids(shape, classes, salt);
        const options = { reduction, ignoreIndex: ignoring ? 0 : undefined };
        if (ignoring && targets.dataSync().every((target) => target === 0)) return;
        const inputs = [numbers([...shape, width], salt), numbers([classes, width], salt + 1)];
        if (withBias) inputs.push(numbers([classes], salt + 2));
        expectMatch(
          (x, w, b) => linearCrossEntropy(x, w, b, targets, options),
          (x, w, b) => linearCrossEntropyReference(x, w, b, targets, options),
          inputs,
          1e-4,
        );
      },
    );
    const targets = tf.tensor1d([1, 0, 3], 'int32');
    for (const reduction of ['mean', 'sum'] as const) {
      const inputs = [numbers([3, 2], 1), numbers([4, 2], 2), numbers([4], 3)];
      expectFiniteDifferences(
        (x, w, b) => linearCrossEntropy(x, w, b, targets, { reduction, ignoreIndex: 0 }),
        inputs,
      );
    }
  });

  it('linearCrossEntropy of several chunks of rows', () => {
    tf.tidy(() => {
      const targets = ids([700], 90, 1);
      expectMatch(
        (x, w) => linearCrossEntropy(x, w, undefined, targets),
        (x, w) => linearCrossEntropyReference(x, w, undefined, targets),
        [numbers([700, 20], 1), numbers([90, 20], 2)],
        1e-4,
      );
    });
  });

  it.runIf(['native', 'wasm'].includes(process.env.LILFORMER_ENGINE ?? ''))(
    'products in bf16 are accurate to two digits',
    () => {
      const backend = tf.backend() as unknown as { precision: string };
      backend.precision = 'bf16';
      try {
        check(
          [size, size, size, fc.constantFrom(undefined, 'gelu', 'geluTanh'), seed],
          (rows, width, out, activation, salt) => {
            // Sums of so many products, each rounded: where they cancel, the rounding stays.
            const least = Math.sqrt(Math.max(rows, width, out));
            const inputs = [
              numbers([rows, width], salt),
              numbers([out, width], salt + 1),
              numbers([out], salt + 2),
            ];
            expectMatch(
              (x, w, b) => linear(x, w, b, activation as Activation | undefined),
              (x, w, b) => linearReference(x, w, b, activation as Activation | undefined),
              inputs,
              0.03,
              least,
            );
            const targets = ids([rows], out, salt);
            expectMatch(
              (x, w, b) => linearCrossEntropy(x, w, b, targets),
              (x, w, b) => linearCrossEntropyReference(x, w, b, targets),
              inputs,
              0.03,
            );
          },
        );
      } finally {
        backend.precision = 'float32';
      }
    },
  );

  it('crossEntropy is finite for huge logits, and NaN if all targets are ignored', () => {
    tf.tidy(() => {
      const targets = tf.tensor1d([1, 0], 'int32');
      const loss = crossEntropy(tf.tensor2d([[3e38, 1e4], [-3e38, 0]]), targets, { reduction: 'none' }); // prettier-ignore
      expect(loss.dataSync()[0]).toBeCloseTo(3e38, -32);
      expect(crossEntropy(tf.tensor2d([[1e4, -1e4]]), tf.tensor1d([0], 'int32')).dataSync()[0]).toBeCloseTo(
        0,
        12,
      );
      const none = tf.tensor1d([-100], 'int32');
      expect(crossEntropy(tf.tensor2d([[1, 2]]), none).dataSync()[0]).toBeNaN();
      expect(crossEntropy(tf.tensor2d([[1, 2]]), none, { reduction: 'sum' }).dataSync()[0]).toBeCloseTo(
        0,
        12,
      );
    });
  });

  it('dispatchToExperts, with an expert without rows', () => {
    check([size, size, fc.integer({ min: 1, max: 4 }), seed], (rows, width, experts, salt) => {
      const busy = 1 + (salt % experts);
      const route = ids([rows], busy, salt);
      const inputs = [numbers([rows, width], salt)];
      for (let i = 0; i < experts; i++) inputs.push(numbers([3, width], salt + 1 + i));
      const through =
        (dispatch: typeof dispatchToExperts): Operation =>
        (x, ...weights) =>
          dispatch(x, route, weights.map((w) => (taken: tf.Tensor) => linear(taken, w, undefined, 'relu'))); // prettier-ignore
      expectMatch(through(dispatchToExperts), through(dispatchToExpertsReference), inputs);
    });
    const route = tf.tensor1d([1, 0, 1], 'int32');
    expectFiniteDifferences(
      (x, a, b) => dispatchToExperts(x, route, [(rows) => linear(rows, a), (rows) => linear(rows, b)]),
      [numbers([3, 4], 1), numbers([2, 4], 2), numbers([2, 4], 3)],
    );
  });

  it('dropout has the right rate and mean, and its gradient the same mask', () => {
    check(
      [
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        seed,
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      ],
      (rate, salt, counter) => {
        const x = tf.ones([61, 67]);
        const y = dropout(x, rate, salt, counter).dataSync();
        const kept = y.filter((value) => value !== 0);
        const deviation = Math.sqrt((rate * (1 - rate)) / y.length);
        expect(Math.abs(kept.length / y.length - (1 - rate))).toBeLessThanOrEqual(5.5 * deviation);
        for (const value of kept) expect(value).toBe(Math.fround(1 / (1 - rate)));
        const gradient = tf.grad((x) => tf.sum(dropout(x, rate, salt, counter)))(x);
        expect(gradient.dataSync()).toEqual(y);
        const other = dropout(x, rate, salt, counter === 0 ? 1 : counter - 1).dataSync();
        if (rate > 0.1) expect(other).not.toEqual(y);
      },
    );
  });
});
