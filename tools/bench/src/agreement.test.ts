import { describe, expect, it } from 'vitest';
import { agreementMarkdown } from './agreement-report.js';
import { peerTask, type RunConfig } from './agreement-task.js';

const settings = {
  optimizer: 'adamw',
  schedule: 'cosine',
  windows: 'random' as const,
  gradientAccumulationSteps: 1,
  contextLength: 32,
  maxSteps: 10,
  batchSize: 4,
  seed: 1,
  split: 0.9,
  splitBy: 'tokens' as const,
  evalBatches: 1,
};
const config: RunConfig = {
  preset: 'evolution/09-multihead',
  model: {
    type: 'multi-head-transformer',
    dModel: 8,
    dFf: 16,
    nLayers: 2,
    nHeads: 4,
    contextLength: 32,
    vocabSize: 5,
  },
  settings,
};

describe('the arguments of PyTorch training', () => {
  it('are stage, constructor arguments and settings', () => {
    expect(peerTask(config, 5)).toMatchObject({
      stage: 9,
      arguments: { vocab_size: 5, d_model: 8, d_ff: 16, n_layers: 2, n_heads: 4, max_seq_len: 32 },
      settings,
    });
    expect(
      peerTask({ ...config, preset: 'evolution/03-bigram', model: { type: 'bigram', dModel: 8 } }, 5),
    ).toMatchObject({
      stage: 3,
      arguments: { vocab_size: 5, d_model: 8 },
    });
  });

  it('are an error for unsupported models and settings', () => {
    expect(() => peerTask({ ...config, preset: 'recurrent/gru', model: { type: 'gru' } }, 5)).toThrow(
      'expected a stage of the evolution',
    );
    const other = (changed: object): RunConfig => ({ ...config, settings: { ...settings, ...changed } });
    expect(() => peerTask(other({ optimizer: 'sgd' }), 5)).toThrow('optimizer sgd');
    expect(() => peerTask(other({ windows: 'sliding' }), 5)).toThrow('windows sliding');
    expect(() => peerTask(other({ schedule: 'plateau' }), 5)).toThrow('schedule plateau');
  });
});

describe('the table', () => {
  it('shows the relative difference', () => {
    const text = agreementMarkdown({
      date: '2026-01-01',
      command: 'npx nx run bench:agreement',
      processor: 'P',
      cores: 2,
      memoryGB: 8,
      system: 'linux',
      node: '20',
      commit: 'abc',
      load: 0,
      ours: 'native',
      rows: [
        {
          name: 'a',
          parameters: 1234,
          steps: 10,
          protocol: 'P1',
          ours: 9.9,
          pytorch: 10,
          pytorchSeconds: 1,
          torch: '2',
        },
        {
          name: 'b',
          parameters: 1,
          steps: 1,
          protocol: 'P2',
          ours: 1,
          pytorch: 1,
          pytorchSeconds: 1,
          torch: '2',
        },
      ],
    });
    expect(text).toContain('−1.0 %');
    expect(text).toContain('1,234');
    expect(text).toContain('P1 (a); P2 (b).');
  });
});
