import { describe, expect, it } from 'vitest';
import { generationModels, weightBytes } from './generation-models.js';
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
  models: {
    gpt2: {
      weightBytes: 500e6,
      ours: { promptMs: 50, tokensPerSecond: 78, aloneTokensPerSecond: 80, memory: 600e6, parameters: 1 },
      transformers: { promptMs: 100, tokensPerSecond: 39, memory: 1200e6, parameters: 1 },
    },
    evolution: { ours: { promptMs: 5, tokensPerSecond: 8000, parameters: 1 } },
  },
  failures: {},
};

describe('the table of a race', () => {
  it('tells how many times better we are, whatever is better: more tokens, less time, less memory', () => {
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
      '600',
      '39.0 (2.00×)',
      '100 (2.00×)',
      '1,200 (2.00×)',
    ]);
    expect(rows[3].slice(1, -1)).toEqual([
      'evolution',
      '8,000',
      ...'––'.split(''),
      '5.00',
      ...'––––'.split(''),
    ]);
    expect(rows[4].slice(-4, -1)).toEqual(['2.00×', '2.00×', '2.00×']);
  });

  it('has no columns for a peer who was not there', () => {
    const alone = { ...results, models: { evolution: results.models.evolution } };
    expect(generationTable(alone)).not.toContain('transformers');
    expect(generationMarkdown(alone)).toContain('A processor, 2 cores');
  });
});

it('keeps the best of each', () => {
  const first = { promptMs: 10, tokensPerSecond: 90, aloneTokensPerSecond: 95, memory: 500, parameters: 7 };
  const second = { promptMs: 12, tokensPerSecond: 100, aloneTokensPerSecond: 94, memory: 400, parameters: 7 };
  const best = { promptMs: 10, tokensPerSecond: 100, aloneTokensPerSecond: 95, memory: 400, parameters: 7 };
  expect(betterOf(undefined, first)).toEqual(first);
  expect(betterOf(first, second)).toEqual(best);
  expect(betterOf(second, first)).toEqual(best);
});

it('reads 497 MB minus the positions for each token of GPT-2 124M', () => {
  const parameters = 124_439_808; // as Hugging Face counts them
  expect(weightBytes(generationModels.gpt2, parameters)).toBe(4 * (124_439_808 - 1024 * 768));
});
