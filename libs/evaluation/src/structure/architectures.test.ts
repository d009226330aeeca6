import { openEngine } from '@lilformer/engine';
import { goldenJson } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureFacts } from './architectures.js';

beforeAll(async () => void (await openEngine()));

const EXPECTED = {
  gpt2: {
    layers: [{ stack: 'decoder', count: 2 }],
    ...{ feedForwardSize: 128, norm: 'LayerNorm', normPlacement: 'pre-norm' },
    ...{ activation: 'GELU (tanh approximation)', tied: true, biases: true },
  },
  bert: {
    layers: [{ stack: 'encoder', count: 2 }],
    ...{ feedForwardSize: 56, norm: 'LayerNorm', normPlacement: 'post-norm' },
    ...{ activation: 'GELU', tied: true, biases: true },
  },
  bart: {
    layers: [
      { stack: 'encoder', count: 2 },
      { stack: 'decoder', count: 2 },
    ],
    ...{ feedForwardSize: 56, norm: 'LayerNorm', normPlacement: 'post-norm' },
    ...{ activation: 'GELU', tied: true, biases: true },
  },
  t5: {
    layers: [
      { stack: 'encoder', count: 2 },
      { stack: 'decoder', count: 2 },
    ],
    ...{ feedForwardSize: 56, norm: 'RMSNorm', normPlacement: 'pre-norm' },
    ...{ activation: 'ReLU', tied: true, biases: false },
  },
};

describe('facts of any configuration', () => {
  it.each(['gpt2', 'bert', 'bart', 't5'])('%s', async (family) => {
    const config = goldenJson(`hf/${family}/config.json`);
    const facts = await architectureFacts(config);
    expect(facts.family).toBe(family);
    expect(facts.vocabSize).toBe(config.vocab_size);
    expect(facts).toMatchObject(EXPECTED[family as keyof typeof EXPECTED]);
  });
});
