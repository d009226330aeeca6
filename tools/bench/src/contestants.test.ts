import { describe, expect, it } from 'vitest';
import { ours, parseJson, stepsOf, study, torch } from './contestants.js';
import type { Workload } from './workloads.js';
import { namesOf, wholeNumber } from './options.js';

const rules = { workloads: new Map(), steps: 4, threads: 2 };

describe('contestants', () => {
  it('read what the yardstick prints', () => {
    const line =
      'chars-gru: min 30.67 ms median 31.15 | 170 GFLOP/s | params 279396 loss 4.6023 | own 1.93 cores others 0.05\n';
    const one = study(process.execPath, rules);
    expect(one.parse(line)).toMatchObject({ ms: 30.67, msMedian: 31.15, parameters: 279_396, loss: 4.6023 });
    expect(() => one.parse('')).toThrow('it has no such workload');
    expect(one.command('chars-gru').parameters).toEqual(['w=chars-gru', 'steps=4', 'nt=2', 'prof=0']);
  });

  it('take more steps of a workload that has little to do, all of them the same', () => {
    const small: Workload = { kind: 'bigram', vocab: 100, d: 10, seq: 10, batch: 10 };
    const large: Workload = { ...small, vocab: 100_000, d: 1000, seq: 1000 };
    const both = {
      ...rules,
      workloads: new Map([
        ['small', small],
        ['large', large],
      ]),
    };
    // 6 · 10 · 100 · 100 operations a step
    expect(stepsOf('small', both)).toBe(Math.ceil(1e11 / 6e5));
    expect(stepsOf('large', both)).toBe(4);
    const steps = String(stepsOf('small', both));
    expect(study(process.execPath, both).command('small').parameters).toContain(`steps=${steps}`);
    expect(ours('float32', 'native', both).command('small').parameters.at(-1)).toContain(`"steps":${steps}`);
  });

  it('read what the scripts print, whatever comes before', () => {
    const said =
      '{"peer": "torch 2.15.0+cpu eager tuned", "workload": "chars-rnn", "threads": 2, "ms_min": 26.65, "ms_median": 27.1, "gflops_best": 77.5, "parameters": 114532}';
    expect(parseJson(`a warning\n${said}\n`)).toEqual({
      ms: 26.65,
      msMedian: 27.1,
      parameters: 114_532,
      loss: undefined,
      version: 'torch 2.15.0+cpu eager tuned',
      threads: 2,
      gflop: expect.closeTo(2.065, 3),
    });
    expect(() => parseJson('')).toThrow('it has no such workload');
    expect(() => parseJson('{"peer": "x"}')).toThrow('no ms_min');
  });

  it('all get the same number of threads', () => {
    const { env } = ours('float32', 'auto', rules).command('a');
    expect(env).toMatchObject({ LILFORMER_THREADS: '2', OMP_NUM_THREADS: '2' });
  });

  it('say which script is missing', () => {
    expect(() => torch('eager', { python: 'python3', peers: '/nowhere' }, rules)).toThrow(
      '/nowhere/peer_torch.py: no such file; --peers FOLDER',
    );
  });
});

describe('options', () => {
  it('are whole numbers', () => {
    expect(wholeNumber('steps', '8')).toBe(8);
    for (const given of ['0', '-1', '1.5', 'many', '', ' ']) {
      expect(() => wholeNumber('steps', given)).toThrow(
        `--steps ${given}: expected a whole number of at least 1`,
      );
    }
  });

  it('are names, separated or repeated', () => {
    const known = ['a', 'b', 'c'] as const;
    expect(namesOf('mode', ['a,b', 'c', 'a'], known)).toEqual(['a', 'b', 'c']);
    expect(() => namesOf('mode', ['a,d'], known)).toThrow('--mode d: expected one or more of a,b,c');
  });
});
