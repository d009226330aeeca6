// What the golden cases do not show: many parameters at once, whose numbers others may still see, and errors.
import { openEngine, tf } from '@lilformer/engine';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { adamStep, adamWStep, clipByGlobalNorm, createAdamState, createSgdState, sgdStep } from '../index.js';
import { numbers } from '../testing/gradients.js';
import type { Gradients } from './optimizers.js';

const options = { learningRate: 0.1, weightDecay: 0.3, gradientScale: 0.7, momentum: 0.9 };

/** Steps that keep their own state. */
const optimizers = {
  adamW: (variables: readonly tf.Variable[]) => {
    const state = createAdamState(variables);
    return (gradients: Gradients) => adamWStep(variables, gradients, state, options);
  },
  adam: (variables: readonly tf.Variable[]) => {
    const state = createAdamState(variables);
    return (gradients: Gradients) => adamStep(variables, gradients, state, options);
  },
  sgd: (variables: readonly tf.Variable[]) => {
    const state = createSgdState(variables);
    return (gradients: Gradients) => sgdStep(variables, gradients, state, options);
  },
};

beforeAll(async () => {
  await openEngine();
});

describe.each(Object.entries(optimizers))('%s', (_, createOptimizer) => {
  it('treats many parameters like their concatenation', () => {
    const shape = fc.oneof(
      fc.constantFrom<number[][]>([0], [1], [], [3, 0, 2]),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 2 }),
      fc.constant<number[]>([130, 140]), // more than a thread takes at a time
    );
    fc.assert(
      fc.property(
        fc.array(shape, { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 0, max: 1e6 }),
        (shapes, salt) => {
          tf.engine().startScope();
          const starts = shapes.map((shape, i) => numbers(shape, salt + i));
          const parts = starts.map((start) => tf.variable(start));
          const whole = tf.variable(tf.concat(starts.map((start) => tf.reshape(start, [-1]))));
          const [stepParts, stepWhole] = [createOptimizer(parts), createOptimizer([whole])];
          for (let step = 1; step <= 3; step++) {
            const gradients = shapes.map((shape, i) => numbers(shape, salt + 100 * step + i));
            stepParts(gradients);
            stepWhole([tf.concat(gradients.map((gradient) => tf.reshape(gradient, [-1])))]);
            expect(parts.flatMap((part) => [...part.dataSync()])).toEqual([...whole.dataSync()]);
          }
          tf.dispose([...parts, whole]);
          tf.engine().endScope();
        },
      ),
      { numRuns: 10 },
    );
  });

  it('never changes memory that a caller holds, and leaks nothing', () => {
    const before = tf.memory();
    const array = Float32Array.of(1, 2, 3);
    const variable = tf.tidy(() => tf.variable(tf.tensor1d(array)));
    const step = createOptimizer([variable]);
    const gradient = tf.tensor1d([1, -1, 1]);
    const held: [tf.Tensor | Float32Array, number[]][] = [[array, [1, 2, 3]]];
    for (let i = 0; i < 4; i++) {
      step([gradient]);
      const now = [...variable.dataSync()];
      const last = held.at(-1)![1];
      expect(now.every((value, j) => value !== last[j])).toBe(true);
      held.push([variable.clone(), now], [variable.dataSync() as Float32Array, now]);
      if (i === 1) step([undefined]);
    }
    for (const [holder, values] of held) {
      expect([...(holder instanceof tf.Tensor ? holder.dataSync() : holder)]).toEqual(values);
      if (holder instanceof tf.Tensor) holder.dispose();
    }
    tf.dispose([variable, gradient]);
    expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual([
      before.numTensors,
      before.numDataBuffers,
    ]);
  });

  it('names what does not fit, and changes nothing', () => {
    const variables = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2, 3]), true, 'the second')];
    const step = createOptimizer(variables);
    const gradient = tf.ones([2]);
    expect(() => step([gradient])).toThrow('1 gradients for 2 variables, expected one for each');
    expect(() => step([gradient, gradient])).toThrow(
      'gradient [2] for the second [2, 3], expected equal shapes',
    );
    expect([...variables[0].dataSync()]).toEqual([1, 1]);
    tf.dispose([...variables, gradient]);
  });
});

it('computes the norm of all gradients together', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 6 }), (lengths) => {
      tf.tidy(() => {
        // Squares of 3, whose sum is exact.
        const gradients = lengths.map((length) => tf.fill([length], 3));
        const count = lengths.reduce((sum, length) => sum + length, 0);
        expect(clipByGlobalNorm([undefined, ...gradients], 1).norm).toBe(Math.sqrt(9 * count));
      });
    }),
    { numRuns: 10 },
  );
  tf.tidy(() => {
    expect(clipByGlobalNorm([tf.tensor1d([3e30, 4e30])], 1).norm / 5e30).toBeCloseTo(1, 6);
    expect(clipByGlobalNorm([tf.tensor1d([1, NaN])], 1).scale).toBeNaN();
  });
});
