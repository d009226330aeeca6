import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillMarkers, generationSummary, readmeTables, trainingSummary } from './readme-tables.js';
import { workspace } from './workloads.js';

it('README.md matches the saved results', async () => {
  const readme = readFileSync(resolve(workspace, 'README.md'), 'utf8');
  // Update with npx nx run bench:readme.
  expect(fillMarkers(readme, await readmeTables())).toBe(readme);
});

describe('fillMarkers', () => {
  it('replaces only the content between markers', () => {
    const text = 'a\n\n<!-- x -->\n\nold\n\n<!-- /x -->\n\nb\n';
    expect(fillMarkers(text, { x: '| new |' })).toBe('a\n\n<!-- x -->\n\n| new |\n\n<!-- /x -->\n\nb\n');
    expect(fillMarkers(text, { x: '' })).toBe('a\n\n<!-- x -->\n\n<!-- /x -->\n\nb\n');
  });

  it('requires both markers', () => {
    expect(() => fillMarkers('<!-- /x --> <!-- x -->', { x: 'new' })).toThrow(
      'expected <!-- x --> followed by',
    );
  });
});

const circumstances = {
  date: '2026-01-02',
  command: '',
  processor: 'A processor',
  cores: 2,
  memoryGB: 16,
  system: 'linux',
  node: '20.20.2',
  commit: undefined,
  load: 0,
  threads: 2,
  rounds: 3,
  interrupted: false,
  failures: {},
};
const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

it('summarizes training', () => {
  const best = (ms: number, memory: number) => ({ ms, rounds: [ms], memory: memory * 1e6 });
  const text = trainingSummary({
    ...circumstances,
    steps: 8,
    versions: { eager: 'torch 2.15.0+cpu eager' },
    peaks: { float32: { gflops: 400, shape: [1, 1, 1] } },
    workloads: {
      one: {
        flops: 20e9,
        best: {
          ours: best(100, 100),
          eager: best(300, 900),
          'eager-tuned': best(250, 900),
          'ours-bf16': best(50, 100),
          bf16: best(200, 800),
        },
      },
      two: { flops: 40e9, best: { ours: best(200, 100), eager: best(2400, 900) } },
    },
  });
  const lines = text.split('\n');
  expect(cells(lines[2])).toEqual([
    'one',
    '100',
    '200 (50 %)',
    '300 (3.00×)',
    '250 (2.50×)',
    '–',
    '50.0',
    '200 (4.00×)',
    '100 / 900',
  ]);
  expect(cells(lines[4])).toEqual(['geometric mean', '', '', '6.00×', '2.50×', '', '', '4.00×', '']);
  expect(text).toContain('A processor, 2 threads each, torch 2.15.0, 2026-01-02');
});

it('summarizes generation', () => {
  const text = generationSummary({
    ...circumstances,
    repeats: 3,
    versions: { transformers: 'transformers 5.0.0' },
    bandwidth: 40,
    models: {
      gpt2: {
        ours: { promptMs: 1, tokensPerSecond: 60, parameters: 124_439_808, memory: 600e6 },
        transformers: { promptMs: 1, tokensPerSecond: 30, parameters: 124_439_808, memory: 1200e6 },
      },
    },
  });
  expect(cells(text.split('\n')[2])).toEqual(['gpt2', '124', '60.0', '30.0', '2.00×', '600', '1,200']);
});
