import { describe, expect, it } from 'vitest';
import {
  expectSameWork,
  keepBest,
  precisionTable,
  ratios,
  trainingMarkdown,
  type TrainingResults,
  type WorkloadResults,
} from './training-report.js';

const best = (ms: number, megabytes?: number) => ({
  ms,
  rounds: [ms],
  memory: megabytes === undefined ? undefined : megabytes * 1e6,
});

const results: TrainingResults = {
  date: '2026-01-02',
  command: 'npx nx run bench:training',
  processor: 'A processor',
  cores: 2,
  memoryGB: 16,
  system: 'linux',
  node: '20.20.2',
  commit: 'abc1234',
  load: 0.1,
  threads: 2,
  steps: 8,
  rounds: 3,
  interrupted: false,
  versions: { ours: 'lilformer on native', eager: 'torch 2.15.0 eager' },
  peaks: { float32: { gflops: 200, shape: [1024, 1024, 1024], by: 'lilformer' } },
  workloads: {
    one: { flops: 10e9, best: { ours: best(100, 100), eager: best(200, 800) } },
    two: { flops: 30e9, best: { ours: best(200, 300), eager: best(1600, 600), compile: best(180) } },
    three: { flops: 30e9, best: { eager: best(1600, 600) } },
  },
  failures: { 'three: ours': 'exit code 1: why\nwhere' },
};

/** Cells of a Markdown table, without the line below the head. */
function cells(text: string): string[][] {
  const rows = text.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.toSpliced(1, 1);
}

describe('the training table', () => {
  it('has times, rates, share of the peak, ratios and memory', () => {
    // 10 GFLOP in 100 ms are 100 GFLOP/s, half of 200; ratios 2 and 8 have the mean 4.
    expect(cells(precisionTable(results, 'float32')!)).toEqual([
      [
        'workload',
        'lilformer ms',
        'GFLOP/s',
        'of peak',
        'PyTorch ms',
        'PyTorch compiled ms',
        'memory MB',
        'PyTorch MB',
      ],
      ['one', '100', '100', '50 %', '200 (2.00×)', '–', '100', '800 (8.00×)'],
      ['two', '200', '150', '75 %', '1,600 (8.00×)', '180 (0.90×)', '300', '600 (2.00×)'],
      ['three', '–', '–', '–', '1,600', '–', '–', '600'],
      ['geometric mean', '', '', '', '4.00×', '0.90×', '', '4.00×'],
    ]);
    expect(precisionTable(results, 'bf16')).toBeUndefined();
  });

  it('compares bf16 with float32', () => {
    const both = structuredClone(results);
    both.workloads.one.best['ours-bf16'] = best(50, 100);
    both.workloads.one.best.bf16 = best(150, 400);
    const [head, one] = cells(precisionTable(both, 'bf16')!);
    expect(head.slice(1, 5)).toEqual(['lilformer bf16 ms', 'GFLOP/s', 'lilformer ms', 'PyTorch bf16 ms']);
    expect(one.slice(1, 5)).toEqual(['50.0', '200', '100 (2.00×)', '150 (3.00×)']);
  });

  it('states conditions and failures', () => {
    const text = trainingMarkdown(results);
    expect(text).toContain('A processor, 2 cores, 16 GB, linux, Node 20.20.2; 2026-01-02 at abc1234');
    expect(text).toContain('lilformer on native; torch 2.15.0 eager. 2 threads each');
    expect(text).toContain('float32 200 GFLOP/s (1024×1024×1024, lilformer)');
    expect(text).toContain('- three: ours: exit code 1: why\n');
    expect(text).not.toContain('stopped early');
    expect(trainingMarkdown({ ...results, interrupted: true })).toContain('stopped early');
  });
});

describe('results', () => {
  it('keep the fastest time and the smallest memory of all rounds', () => {
    const kept: WorkloadResults['best'] = {};
    keepBest(kept, 'ours', { ms: 12, memory: 500 });
    keepBest(kept, 'ours', { ms: 10, memory: 600 });
    keepBest(kept, 'ours', { ms: 11, memory: undefined });
    expect(kept.ours).toMatchObject({ ms: 10, rounds: [12, 10, 11], memory: 500 });
  });

  it('must be of the same work', () => {
    const kept: WorkloadResults = { flops: 50e9, best: {} };
    keepBest(kept.best, 'ours', { ms: 12, memory: 500, parameters: 100 });
    expect(() => expectSameWork(kept, 'eager', { parameters: 100, gflop: 50.2 })).not.toThrow();
    expect(() => expectSameWork(kept, 'eager', {})).not.toThrow();
    expect(() => expectSameWork(kept, 'eager', { parameters: 101 })).toThrow(
      'eager: 101 parameters, ours has 100: not the same model',
    );
    expect(() => expectSameWork(kept, 'compile', { parameters: 100, gflop: 25 })).toThrow(
      'compile: 25.0 GFLOP per step, expected 50.0: not the same workload',
    );
  });

  it('are compared where both ran', () => {
    expect(ratios(Object.values(results.workloads), 'ours', 'eager', ({ ms }) => ms)).toEqual([2, 8]);
  });
});
