import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { operationCases } from './ops-cases.js';
import { usefulFlops, type Workload } from './workloads.js';

const transformer = {
  kind: 'transformer',
  vocab: 13,
  d: 8,
  ff: 16,
  layers: 3,
  heads: 2,
  seq: 6,
  batch: 2,
} as const;
const workloads: Record<string, Workload> = {
  gpt: { ...transformer, norm: 'layer', act: 'relu', dropout: 0 },
  rms: { ...transformer, norm: 'rms', act: 'gelu', dropout: 0 },
  moe: { ...transformer, norm: 'layer', act: 'relu', dropout: 0, experts: 2 },
  dropout: { ...transformer, norm: 'layer', act: 'relu', dropout: 0.1 },
  bigram: { kind: 'bigram', vocab: 13, d: 8, seq: 6, batch: 2 },
  rnn: { kind: 'rnn', vocab: 13, d: 8, hidden: 16, layers: 2, seq: 6, batch: 2 },
  gru: { kind: 'gru', vocab: 13, d: 8, hidden: 16, layers: 1, seq: 6, batch: 2 },
};

beforeAll(async () => {
  await openEngine({ engine: 'cpu' });
});

describe.each(Object.keys(workloads))('%s', (name) => {
  const workload = workloads[name];

  it('has all useful FLOPs of a step', () => {
    const cases = operationCases(workload, new Random(0));
    const sum = cases.reduce((sum, { calls, flops }) => sum + calls * flops, 0);
    expect(sum).toBe(usefulFlops(workload));
  });

  it('runs forward and backward on its shapes', () => {
    const random = new Random(1);
    for (const { name, shapes, run } of operationCases(workload, random)) {
      tf.tidy(() => {
        const inputs = shapes.map((shape) => {
          const values = new Float32Array(tf.util.sizeFromShape([...shape]));
          random.fillNormal(values, 0, 0.5);
          return tf.tensor(values, [...shape]);
        });
        const gradients = tf.grads((...given: tf.Tensor[]) => tf.sum(tf.square(run(...given))))(inputs);
        gradients.forEach((gradient, i) => {
          expect(gradient.shape, name).toEqual(shapes[i]);
          const values = [...gradient.dataSync()];
          expect(values.every(Number.isFinite) && values.some((value) => value !== 0), name).toBe(true);
        });
      });
    }
  });
});
