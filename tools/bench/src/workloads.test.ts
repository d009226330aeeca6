// Parameter counts against training_peer.py, and FLOPs against the models.
import { openEngine } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTraining } from './training-step.js';
import { readWorkloads, usefulFlops, type Workload } from './workloads.js';

const transformer = { kind: 'transformer', dropout: 0 } as const;

/** Parameters as printed by training_peer.py. */
const counted: Record<string, [Workload, number]> = {
  bigram: [{ kind: 'bigram', vocab: 4096, d: 128, seq: 256, batch: 32 }, 1_052_672],
  gpt: [
    { ...transformer, vocab: 4096, d: 128, ff: 512, layers: 2, heads: 2, seq: 256, batch: 32, norm: 'layer', act: 'relu' },
    1_477_120,
  ],
  rms: [
    { ...transformer, vocab: 500, d: 128, ff: 256, layers: 2, heads: 4, seq: 64, batch: 512, norm: 'rms', act: 'gelu' },
    399_744,
  ],
  dropout: [
    { ...transformer, vocab: 65, d: 64, ff: 256, layers: 4, heads: 4, seq: 128, batch: 32, norm: 'layer', act: 'relu', dropout: 0.1 },
    215_552,
  ],
  rnn: [{ kind: 'rnn', vocab: 100, d: 64, hidden: 256, layers: 1, seq: 100, batch: 32 }, 114_532],
  gru: [{ kind: 'gru', vocab: 100, d: 64, hidden: 256, layers: 1, seq: 100, batch: 32 }, 279_396],
}; // prettier-ignore

beforeAll(async () => {
  await openEngine({ engine: 'cpu' });
});

describe.each(Object.keys(counted))('%s', (name) => {
  const [workload, parameters] = counted[name];

  it('has as many parameters as the PyTorch model', () => {
    const { model } = createTraining(workload);
    expect(model.parameterCount()).toBe(parameters);
    model.dispose();
  });

  it('counts 6 FLOPs per matrix weight and token, and attention', () => {
    const { model } = createTraining(workload);
    const matrices = [...model.namedParameters()].filter(
      ([name, { shape }]) => shape.length === 2 && !/^(tok|pos)\./.test(name),
    );
    const weights = matrices.reduce((sum, [, { size }]) => sum + size, 0);
    const { seq, batch, d } = workload;
    const layers = workload.kind === 'transformer' ? workload.layers : 0;
    // QKᵀ and AV: T² · d multiply-adds each, once forward and twice backward
    const attention = layers * batch * 2 * (seq ** 2 * d) * 2 * 3;
    expect(usefulFlops(workload)).toBe(6 * weights * batch * seq + attention);
    model.dispose();
  });
});

it('counts one expert per token', () => {
  const [dense] = counted.gpt;
  expect(usefulFlops({ ...dense, experts: 2 } as Workload)).toBe(usefulFlops(dense));
});

it.each([
  ['gpt', { ...transformer, vocab: 11, d: 8, ff: 16, layers: 2, heads: 2, seq: 6, batch: 3, norm: 'layer', act: 'gelu' }],
  ['experts', { ...transformer, vocab: 11, d: 8, ff: 16, layers: 1, heads: 2, experts: 2, seq: 6, batch: 3, norm: 'rms', act: 'relu', dropout: 0.1 }],
  ['bigram', { kind: 'bigram', vocab: 11, d: 8, seq: 6, batch: 3 }],
  ['rnn', { kind: 'rnn', vocab: 11, d: 8, hidden: 16, layers: 2, seq: 6, batch: 3 }],
  ['gru', { kind: 'gru', vocab: 11, d: 8, hidden: 16, layers: 1, seq: 6, batch: 3 }],
] as const)('%s overfits a fixed batch', (_, workload) => {
  const { step, model } = createTraining(workload);
  const first = step();
  for (let i = 0; i < 150; i++) step();
  // ln 11 = 2.40 at random initialization.
  expect(first).toBeGreaterThan(2);
  expect(step()).toBeLessThan(first - 0.02);
  model.dispose();
}); // prettier-ignore

describe('readWorkloads', () => {
  it('returns all workloads, or the requested ones in order', () => {
    expect(readWorkloads().size).toBe(10);
    expect([...readWorkloads(['chars-gru', 'evolution-gpt']).keys()]).toEqual(['chars-gru', 'evolution-gpt']);
  });

  it('rejects unknown names', () => {
    expect(() => readWorkloads(['c'])).toThrow('--workload c: expected one of evolution-bigram, ');
  });
});
