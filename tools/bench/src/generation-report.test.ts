import { withoutWeights } from '@lilformer/layers';
import { modelFromConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { describe, expect, it } from 'vitest';
import { generationModels, promptFlops, weightBytes } from './generation-models.js';
import {
  betterOf,
  generationMarkdown,
  generationTable,
  type GenerationResults,
} from './generation-report.js';

const results: GenerationResults = {
  date: '2026-01-02',
  command: 'npx nx run bench:generation',
  processor: 'A processor',
  cores: 2,
  memoryGB: 16,
  system: 'linux',
  node: '20.20.2',
  commit: undefined,
  load: 0.1,
  threads: 2,
  repeats: 3,
  rounds: 3,
  interrupted: false,
  versions: { ours: 'lilformer on native', transformers: 'transformers 5.0.0' },
  bandwidth: 50,
  peak: 400,
  models: {
    gpt2: {
      weightBytes: 500e6,
      promptFlops: 10e9,
      same: 128,
      ours: {
        promptMs: 50,
        loadMs: 100,
        tokensPerSecond: 78,
        modelTokensPerSecond: 80,
        memory: 600e6,
        parameters: 1,
      },
      transformers: { promptMs: 100, loadMs: 300, tokensPerSecond: 39, memory: 1200e6, parameters: 1 },
    },
    evolution: { ours: { promptMs: 5, tokensPerSecond: 8000, parameters: 1 } },
  },
  failures: {},
};

describe('the generation table', () => {
  it('has ratios above 1 where lilformer is faster or smaller', () => {
    const rows = generationTable(results)
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()));
    // 80 tokens of 500 MB are 40 of 50 GB/s.
    expect(rows[2].slice(1, -1)).toEqual([
      'gpt2',
      '78.0',
      '80.0',
      '80 %',
      '50.0',
      '50 %', // 10 GFLOP in 50 ms, of 400 GFLOP/s
      '100',
      '600',
      '39.0 (2.00×)',
      '100 (2.00×)',
      '300 (3.00×)',
      '1,200 (2.00×)',
      '128',
    ]);
    expect(rows[3].slice(1, -1)).toEqual([
      'evolution',
      '8,000',
      ...'––'.split(''),
      '5.00',
      ...'––––––––'.split(''),
    ]);
    expect(rows[4].slice(-6, -1)).toEqual(['2.00×', '2.00×', '3.00×', '2.00×', '']);
  });

  it('has no columns for an absent peer', () => {
    const single = { ...results, models: { evolution: results.models.evolution } };
    expect(generationTable(single)).not.toContain('transformers');
    expect(generationMarkdown(single)).toContain('A processor, 2 cores');
  });
});

it('keeps the best value of each measurement', () => {
  const first = {
    promptMs: 10,
    loadMs: 3,
    tokensPerSecond: 90,
    modelTokensPerSecond: 95,
    memory: 500,
    parameters: 7,
  };
  const second = {
    promptMs: 12,
    loadMs: 2,
    tokensPerSecond: 100,
    modelTokensPerSecond: 94,
    memory: 400,
    parameters: 7,
  };
  const best = {
    promptMs: 10,
    loadMs: 2,
    tokensPerSecond: 100,
    modelTokensPerSecond: 95,
    memory: 400,
    parameters: 7,
  };
  expect(betterOf(undefined, first)).toEqual(first);
  expect(betterOf(first, second)).toEqual(best);
  expect(betterOf(second, first)).toEqual(best);
});

describe('the work of a model', () => {
  /** A model without weights. */
  const modelOf = (name: string) =>
    withoutWeights(() => modelFromConfig(generationModels[name], new Random(0)));

  it('of GPT-2 124M per token is to read all weights but the positions', () => {
    const gpt2 = modelOf('gpt2');
    expect(gpt2.parameterCount()).toBe(124_439_808); // as Hugging Face counts them
    expect(weightBytes(gpt2)).toBe(4 * (124_439_808 - 1024 * 768));
    // 12 blocks of 12 · 768² weights, and QKᵀ and AV of 128 × 128 pairs in each
    expect(promptFlops('gpt2', gpt2)).toBe(2 * 128 * 12 * 12 * 768 ** 2 + 4 * 12 * 128 ** 2 * 768);
  });

  it('of an encoder is a batch of prompts, of a decoder its own weights', () => {
    const block = 12 * 768 ** 2;
    const bert = modelOf('bert-base');
    expect(weightBytes(bert)).toBeUndefined();
    expect(promptFlops('bert-base', bert)).toBe(32 * (2 * 128 * 12 * block + 4 * 12 * 128 ** 2 * 768));
    const t5 = modelOf('t5-small');
    expect(t5.parameterCount()).toBe(60_506_624);
    expect(promptFlops('t5-small', t5)).toBe(2 * 128 * 6 * 12 * 512 ** 2 + 4 * 6 * 128 ** 2 * 512);
    // attention, feed-forward, norms, relative positions, output projection
    const decoder = 6 * (6 * 512 ** 2 + 2 * 512 * 2048 + 3 * 512) + 32 * 8 + 512 + 32128 * 512;
    expect(weightBytes(t5)).toBe(4 * decoder);
  });
});
