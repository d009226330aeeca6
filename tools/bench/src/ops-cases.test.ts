// The cases of a workload against the workload: all of a step's useful operations, and the plain composition's numbers.
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

  it('has all of a step’s useful operations', () => {
    const cases = operationCases(workload, new Random(0));
    const sum = cases.reduce((sum, { calls, flops }) => sum + calls * flops, 0);
    expect(sum).toBe(usefulFlops(workload));
  });

  it('computes what the plain compositions do, gradients too', () => {
    const random = new Random(1);
    for (const one of operationCases(workload, random)) {
      tf.tidy(() => {
        const inputs = one.shapes.map((shape) => {
          const values = new Float32Array(tf.util.sizeFromShape([...shape]));
          random.fillNormal(values, 0, 0.5);
          return tf.tensor(values, [...shape]);
        });
        const both = [one.run, one.plain].map((run) => [
          run(...inputs),
          ...tf.grads((...given: tf.Tensor[]) => tf.sum(tf.square(run(...given))))(inputs),
        ]);
        both[0].forEach((tensor, i) => {
          const distance = tf.max(tf.abs(tf.sub(tensor, both[1][i]))).dataSync()[0];
          expect(distance, `${one.name}, ${i === 0 ? 'output' : `gradient ${i}`}`).toBeLessThan(1e-3);
        });
      });
    }
  });
});
