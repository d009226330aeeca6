import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ours, parseTiming, stepsOf, torch } from './contestants.js';
import { namesOf, wholeNumber } from './options.js';
import type { Workload } from './workloads.js';

const rules = { workloads: new Map(), steps: 4, threads: 2 };

describe('contestants', () => {
  it('take more steps of small workloads', () => {
    const small: Workload = { kind: 'bigram', vocab: 100, d: 10, seq: 10, batch: 10 };
    const large: Workload = { ...small, vocab: 100_000, d: 1000, seq: 1000 };
    const both = {
      ...rules,
      workloads: new Map([
        ['small', small],
        ['large', large],
      ]),
    };
    // 6 · 10 · 100 · 100 FLOPs per step
    expect(stepsOf('small', both)).toBe(Math.ceil(1e11 / 6e5));
    expect(stepsOf('large', both)).toBe(4);
    const steps = String(stepsOf('small', both));
    expect(torch('eager', 'python3', both).command('small').parameters).toContain(steps);
    expect(ours('float32', 'native', both).command('small').parameters.at(-1)).toContain(`"steps":${steps}`);
  });

  it('parse the last line of the output', () => {
    const printed =
      '{"peer": "torch 2.15.0+cpu eager tuned", "workload": "chars-rnn", "threads": 2, "ms_min": 26.65, "ms_median": 27.1, "gflops_best": 77.5, "parameters": 114532}';
    expect(parseTiming(`a warning\n${printed}\n`)).toEqual({
      ms: 26.65,
      parameters: 114_532,
      version: 'torch 2.15.0+cpu eager tuned',
      threads: 2,
      gflop: expect.closeTo(2.065, 3),
    });
    expect(() => parseTiming('')).toThrow('no JSON line');
    expect(() => parseTiming('{"peer": "x"}')).toThrow('no ms_min');
  });

  it('get the number of threads', () => {
    const { env } = ours('float32', 'auto', rules).command('a');
    expect(env).toMatchObject({ LILFORMER_THREADS: '2', OMP_NUM_THREADS: '2' });
  });

  it('run a script that exists', () => {
    const [script] = torch('bf16-tuned', 'python3', rules).command('a').parameters;
    expect(existsSync(script)).toBe(true);
  });
});

describe('options', () => {
  it('parse whole numbers', () => {
    expect(wholeNumber('steps', '8')).toBe(8);
    for (const given of ['0', '-1', '1.5', 'many', '', ' ']) {
      expect(() => wholeNumber('steps', given)).toThrow(
        `--steps ${given}: expected a whole number of at least 1`,
      );
    }
  });

  it('parse names, separated by commas or repeated', () => {
    const known = ['a', 'b', 'c'] as const;
    expect(namesOf('mode', ['a,b', 'c', 'a'], known)).toEqual(['a', 'b', 'c']);
    expect(() => namesOf('mode', ['a,d'], known)).toThrow('--mode d: expected one or more of a,b,c');
  });
});
