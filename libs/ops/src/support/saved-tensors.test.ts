import { differentiable, openEngine, tf, valueAndGradients } from '@lilformer/engine';
import { largestDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { linear } from '../linear/linear.js';
import { rmsNorm } from '../norms/norms.js';
import { expectMatch, expectFiniteDifferences, numbers } from '../testing/gradients.js';

describe('recomputed outputs', () => {
  beforeAll(async () => {
    await openEngine();
  });

  /** x + 1, which is not saved; counts how often it is recomputed. */
  function next(x: tf.Tensor, counts: number[], minBytes = 0): tf.Tensor {
    return differentiable(
      'next',
      [x],
      (save) => {
        save?.(x);
        return tf.add(x, 1);
      },
      (dy) => [dy],
      {
        minBytes,
        needs: [0],
        compute: (x) => {
          counts.push(x.size);
          return tf.add(x, 1);
        },
      },
    );
  }

  /** x², which saves x in another shape. */
  function square(x: tf.Tensor): tf.Tensor {
    return differentiable(
      'square',
      [x],
      (save) => {
        save?.(tf.reshape(x, [x.size]));
        return tf.square(x);
      },
      (dy, [flat]) => [tf.mul(dy, tf.reshape(tf.mul(flat, 2), dy.shape))],
    );
  }

  it('have the same gradients, and are not held in memory', () => {
    tf.tidy(() => {
      const inputs = [numbers([3, 4], 1)];
      const counts: number[] = [];
      expectMatch(
        (x) => square(next(x, counts)),
        (x) => tf.square(tf.add(x, 1)),
        inputs,
      );
      expect(counts).toEqual([12]);
      expectFiniteDifferences((x) => tf.add(square(next(x, [])), square(next(x, []))), inputs);

      const held = (from: number): number => {
        let buffers = 0;
        tf.grad((x) => {
          const before = tf.memory().numDataBuffers;
          const y = tf.tidy(() => square(next(x, [], from)));
          buffers = tf.memory().numDataBuffers - before;
          return tf.sum(y);
        })(inputs[0]);
        return buffers;
      };
      expect(held(1000) - held(0)).toBe(1);
    });
  });

  it('are saved if small, and may depend on other recomputed outputs', () => {
    tf.tidy(() => {
      const counts: number[] = [];
      tf.grad((x) => tf.sum(square(next(x, counts, 1000))))(numbers([3, 4], 1));
      expect(counts).toEqual([]);
      const twice = (x: tf.Tensor): tf.Tensor => square(next(next(x, counts), counts));
      tf.grad((x) => tf.sum(twice(x)))(numbers([3, 4], 1));
      expect(counts).toEqual([12, 12, 12]); // for the square both, for the second one what it saved
      expectFiniteDifferences(twice, [numbers([2, 2], 1)]);
    });
  });

  it('work behind an operation without a gradient', () => {
    const project = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
      differentiable(
        'project',
        [x, weight],
        (save) => {
          save?.(x, weight);
          return tf.matMul(x, weight, false, true);
        },
        (dy, [x, weight]) => [() => tf.matMul(dy, weight), () => tf.matMul(dy, x, true)],
      );
    const weight = tf.tidy(() => tf.variable(numbers([5, 2], 1)));
    const constant = numbers([3, 2], 2);
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const { gradients } = valueAndGradients(
      () => tf.sum(tf.square(project(next(constant, counts), weight))),
      [weight],
    );
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.square(tf.matMul(tf.add(constant, 1), weight, false, true))),
      [weight],
    );
    const [expected] = Object.values(grads);
    expect(largestDifference(gradients[0]!.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
    expect(counts).toEqual([6]);
    tf.dispose([gradients[0]!, expected]);
    expect(tf.memory().numTensors).toBeLessThan(before + 2); // the value that tf.variableGrads gives
    tf.dispose([weight, constant]);
  });

  it.runIf(['native', 'wasm'].includes(process.env.LILFORMER_ENGINE ?? ''))(
    'save the memory of norms and activations',
    () => {
      const block = (rows: number): { live: number; gradients: number[] } =>
        tf.tidy(() => {
          const sizes = [[rows, 256], [256], [512, 256], [8, 512]];
          const [x, gain, up, down] = sizes.map((shape, i) => tf.add(numbers(shape, i), 0)); // in the pool
          let live = 0;
          const loss = (x: tf.Tensor, gain: tf.Tensor, up: tf.Tensor, down: tf.Tensor): tf.Scalar => {
            const y = tf.tidy(() => linear(linear(rmsNorm(x, gain), up, undefined, 'gelu'), down));
            live = poolBytes() - before;
            return tf.sum(tf.square(y));
          };
          const before = poolBytes();
          const gradients = tf.grads(loss as (...x: tf.Tensor[]) => tf.Scalar)([x, gain, up, down]);
          return { live, gradients: [...gradients[1].dataSync()] };
        });
      const poolBytes = (): number => (tf.memory() as unknown as { pool: { live: number } }).pool.live;
      const rows = 2 ** 15; // 32 MiB of norms, 64 MiB of activations
      const { live, gradients } = block(rows);
      expect(live).toBeLessThan(1.1 * rows * 512 * 4); // the inputs of the activation, and little else
      expect(gradients.every(Number.isFinite)).toBe(true);
    },
  );
});
