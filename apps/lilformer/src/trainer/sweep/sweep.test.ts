import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sweepFlags } from '../command-line.js';
import { budgetsOf, budgetTable, scalingExponent } from './budgets.js';
import { groupBySetting, settingTable, sweetSpotTable } from './by-setting.js';
import { modelConfigOf } from '../settings/settings.js';
import { shareCores } from './sweep-command.js';
import { seedTable } from './seeds.js';
import { isQuiet, type SweepResult } from './sweep-results.js';
import { onlyRuns, readSweep, resolveSweep, sweepNamed, type SweepFile } from './sweep.js';
import { SWEEPS } from './sweeps.js';
import { trainingFlopsPerToken } from './training-flops.js';

const file: SweepFile = {
  preset: 'stories',
  settings: { dModel: 64, nHeads: 4 },
  runs: { base: {}, 'heads=1': { nHeads: 1 }, 'heads=8': { nHeads: 8 }, 'dModel=32': { dModel: 32 } },
};

describe('a sweep', () => {
  it('built in has valid settings', () => {
    for (const [name, its] of Object.entries(SWEEPS)) {
      expect(resolveSweep(name, its).runs, name).toHaveLength(Object.keys(its.runs).length);
    }
  });

  it('of every file has valid settings', async () => {
    const folder = resolve(import.meta.dirname, '../../../../trainer/sweeps');
    const files = await readdir(folder);
    expect(files).toContain('heads.json');
    for (const name of files) {
      const its = await readSweep(join(folder, name));
      expect(resolveSweep(name, its).runs, name).toHaveLength(Object.keys(its.runs).length);
    }
  });

  it('of the evolution trains its eight stages in order, and the last with a trained router', () => {
    expect(resolveSweep('evolution', sweepNamed('evolution')).runs.map(({ preset }) => preset)).toEqual([
      'evolution/03-bigram',
      'evolution/04-attention',
      'evolution/05-position',
      'evolution/06-ffn',
      'evolution/07-residual',
      'evolution/08-stacked',
      'evolution/09-multihead',
      'evolution/10-moe',
      'experts/trained-router',
    ]);
  });

  it('overrides the preset by shared settings, those by typed ones, and those by the settings of a run', () => {
    const { base, runs } = resolveSweep('mine', file, { nHeads: 2, dModel: 64 });
    expect(base).toMatchObject({ dModel: 64, nHeads: 2, dFf: 256 });
    expect(runs.map(({ folder }) => folder)).toEqual(['base', 'heads-1', 'heads-8', 'dmodel-32']);
    expect(runs.map(({ settings }) => settings.nHeads)).toEqual([2, 1, 8, 2]);
    expect(runs[3].settings.dModel).toBe(32);
  });

  it.each<[Partial<SweepFile>, string]>([
    [{ runs: {} }, 'sweep mine: no runs. Expected at least one.'],
    [
      { runs: { a: { nHeads: 0 } } },
      'run "a": multi-head-transformer: nHeads is 0. Expected a whole number from 1',
    ],
    [
      { runs: { a: { nHeads: 5 } } },
      'run "a": multi-head-transformer: nHeads is 5. Expected a divisor of dModel, 64.',
    ],
    [{ runs: { a: { 'd-model': 5 } } }, 'run "a": d-model: no such setting. Expected dModel.'],
    [{ runs: { a: { n_head: 5 } } }, 'run "a": n_head: no such setting. Expected nHead.'],
    [{ runs: { a: { preset: 'b' } } }, 'run "a": --preset: no b. Expected one of'],
    [
      { runs: { a: {}, b: { nHeads: 4 } } },
      'runs "a" and "b": equal settings. Expected settings that differ.',
    ],
    [
      { runs: { 'h=1': {}, 'h 1': {} } },
      'runs "h=1" and "h 1": equal folder names. Expected names that differ',
    ],
    [{ beside: { theirs: { none: 1 } } }, 'sweep mine: no run has the name "none".'],
    [{ settings: { dropout: 0.1 } }, 'sweep mine: --dropout: multi-head-transformer has no such setting.'],
    [{ settings: { n_head: 1 } }, 'sweep mine: n_head: no such setting. Expected nHead.'],
    [
      { seeds: [1, 2], runs: { a: { seed: 3 } } },
      'run "a": seed in a sweep with seeds. Expected one of the two.',
    ],
    [{ runs: { a: { dropout: 0.1 } } }, 'run "a": --dropout: multi-head-transformer has no such setting.'],
  ])('%j is an error', (part, message) => {
    expect(() => resolveSweep('mine', { ...file, ...part })).toThrow(message);
  });

  it('applies shared settings to the runs that have them', () => {
    const runs = { bigram: { model: 'bigram' }, base: {} };
    const resolved = resolveSweep('mine', { runs }, { nHeads: '2' }).runs.map(({ settings }) => settings);
    expect(resolved.map(({ nHeads }) => nHeads)).toEqual([undefined, 2]);
  });

  it('can be reduced to some of its runs', () => {
    const { runs, beside } = onlyRuns({ ...file, beside: { theirs: { base: 1, 'heads=1': 2 } } }, [
      'base',
      'dModel=32',
    ]);
    expect(Object.keys(runs)).toEqual(['base', 'dModel=32']);
    expect(beside).toEqual({ theirs: { base: 1 } });
    expect(() => onlyRuns(file, ['bass'])).toThrow(
      '--only: no run bass. Expected one of base, heads=1, heads=8',
    );
  });

  it('names what is wrong in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lilformer-sweep-'));
    const path = join(folder, 'mine.json');
    await expect(readSweep(path)).rejects.toThrow(/mine.json is not there\. Expected a JSON file/);
    await writeFile(path, '{ "runs": ');
    await expect(readSweep(path)).rejects.toThrow(/is not JSON/);
    await writeFile(path, '{ "preset": 3, "runs": { "a": 1 }, "extra": 1 }');
    await expect(readSweep(path)).rejects.toThrow(
      /preset: expected the name[^]*runs\.a: expected settings[^]*extra/,
    );
    await writeFile(path, JSON.stringify(file));
    expect(await readSweep(path)).toEqual(file);
    await rm(folder, { recursive: true });
  });
});

describe('sweep flags', () => {
  it('include settings for all runs', () => {
    expect(sweepFlags.parse(['--preset', 'evolution', '--jobs', '1', '--max-steps', '5'])).toMatchObject({
      preset: 'evolution',
      jobs: 1,
      typed: { maxSteps: '5' },
    });
    expect(sweepFlags.parse(['--preset', 'evolution', '--seeds', '1,2,3'])!.seeds).toEqual([1, 2, 3]);
    expect(() => resolveSweep('mine', { ...file, seeds: [1] }, { seed: '2' })).toThrow(
      '--seed: with --seeds',
    );
    expect(sweepFlags.help()).toContain('--jobs N');
    for (const line of sweepFlags.help().split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it.each([
    [[], /--preset: missing\. Expected one of --preset NAME .* and --file FILE/],
    [['--preset', 'evolution', '--file', 'a.json'], /--preset: with --file/],
    [['--preset', 'evolution', '--seeds', '1,b'], /--seeds 1,b: expected seeds with commas/],
    [['--preset', 'evolution', '--jobs', '0'], /--jobs 0: expected an integer of at least 1/],
  ])('%j is an error', (args, message) => {
    expect(() => sweepFlags.parse(args)).toThrow(message);
  });
});

describe('cores', () => {
  const asked = { jobs: undefined, threads: undefined, cores: 8, left: 11 };
  it.each([
    [{}, { jobs: 8, threads: 1 }],
    [{ left: 3 }, { jobs: 3, threads: 2 }],
    [{ threads: 4 }, { jobs: 2, threads: 4 }],
    [{ jobs: 2 }, { jobs: 2, threads: 4 }],
    [{ cores: 1 }, { jobs: 1, threads: 1 }],
  ])('%j are shared as %j', (part, shared) => {
    expect(shareCores({ ...asked, ...part })).toEqual(shared);
  });

  it('are never assigned twice', () => {
    expect(() => shareCores({ ...asked, jobs: 4, threads: 4 })).toThrow(
      /--threads: 4 for each of 4 runs .* 8 threads/,
    );
    expect(() => shareCores({ ...asked, jobs: 9 })).toThrow(
      /--jobs: 9\. Expected at most the number of cores, 8/,
    );
  });
});

describe('runs by setting', () => {
  const sweep = resolveSweep('mine', file);
  /** Results with these best losses, parameters and seconds, in the order of the runs. */
  const made = (...numbers: [loss: number, parameters: number, seconds: number][]): SweepResult[] =>
    numbers.map(([loss, parameters, seconds], i) => {
      const at = { type: 'evaluation' as const, epoch: 1, best: true, learningRate: 1, elapsed: 1 };
      const best = {
        ...at,
        step: 100,
        trainLoss: loss - 0.1,
        validationLoss: loss,
        perplexity: Math.exp(loss),
      };
      const last = i === 2 ? { ...best, step: 200, validationLoss: loss + 0.5 } : best;
      return {
        run: sweep.runs[i],
        path: '',
        engine: 'cpu',
        peakMemory: 1e8,
        parameters,
        steps: 200,
        epochs: 1,
        tokens: 1e6,
        flops: 1e9,
        reason: 'maxSteps',
        losses: [],
        evaluations: [best, last],
        last,
        best,
        seconds,
        tokensPerSecond: 1000,
        secondsPer100Steps: 1,
        load: { before: 0.5, after: 1 },
        sample: undefined,
      };
    });
  const results = made([2, 1000, 10], [2.25, 1000, 12], [1.9375, 1000, 9], [2.5, 250, 5]);
  const { base, groups } = groupBySetting(sweep, results)!;

  it('groups runs by the one setting they change, largest spread first', () => {
    expect(base.run.name).toBe('base');
    expect(groups.map(({ setting, spread }) => [setting, spread])).toEqual([
      ['dModel', 0.5],
      ['nHeads', 0.3125],
    ]);
    expect(groups[1].points.map(({ value }) => value)).toEqual([1, 4, 8]);
  });

  it('compares each run with the base', () => {
    expect(settingTable(base, groups).rows).toEqual([
      ['--d-model', '32', '2.5000', '+0.5000', '0.25×', '0.50×', '+0.1000', '0.5000'],
      ['', '64', '2.0000', '-', '1.00×', '1.00×', '+0.1000', ''],
      ['--n-heads', '1', '2.2500', '+0.2500', '1.00×', '1.20×', '+0.1000', '0.3125'],
      ['', '4', '2.0000', '-', '1.00×', '1.00×', '+0.1000', ''],
      ['', '8', '1.9375', '−0.0625', '1.00×', '0.90×', '+0.6000', ''],
    ]);
  });

  it('leaves times out when something else ran before or beside a run', () => {
    const { seconds, settings } = { ...results[0], ...results[0].run };
    expect(seconds).toBe(10);
    for (const load of [undefined, { before: 1.6, after: 1 }, { before: 0.5, after: 2 }]) {
      const busy = results.map((result, i) => (i === 1 ? { ...result, load } : result));
      const found = groupBySetting(sweep, busy)!;
      expect(settingTable(found.base, found.groups).headings).not.toContain('time');
    }
    expect(isQuiet({ load: { before: 1.4, after: 2 }, run: { ...sweep.runs[0], settings } })).toBe(false);
    const two = { ...settings, threads: 2 };
    expect(isQuiet({ load: { before: 1.4, after: 2 }, run: { ...sweep.runs[0], settings: two } })).toBe(true);
  });

  it('have sweet spots only as far as differences exceed noise', () => {
    // 1 % of the lowest loss of 2 is 0.02: 2.019 is no worse, 2.021 is.
    const close = made([2, 1, 1], [2.019, 1, 1], [2.021, 1, 1], [1.9, 1, 1]);
    const table = sweetSpotTable(groupBySetting(sweep, close)!.groups);
    expect(table.rows).toEqual([
      ['--d-model', '32, 64', '32', '1.9000', '+0.1000', '0.0190'],
      ['--n-heads', '1, 4, 8', '1, 4', '2.0000', '+0.0210', '0.0200'],
    ]);
  });

  it('compare the means of several seeds, with their spread as noise', () => {
    const seeded = resolveSweep('mine', { ...file, seeds: [1, 2] });
    expect(seeded.runs.map(({ name, folder, repeats }) => [name, folder, repeats])).toEqual([
      ['base', 'base', undefined],
      ['base, seed 2', 'base-seed-2', 'base'],
      ['heads=1', 'heads-1', undefined],
      ['heads=1, seed 2', 'heads-1-seed-2', 'heads=1'],
      ['heads=8', 'heads-8', undefined],
      ['heads=8, seed 2', 'heads-8-seed-2', 'heads=8'],
      ['dModel=32', 'dmodel-32', undefined],
      ['dModel=32, seed 2', 'dmodel-32-seed-2', 'dModel=32'],
    ]);
    expect(seeded.runs.map(({ settings }) => settings.seed)).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
    const all = [2, 2.2, 1.9, 2, 2.05, 2.07, 2.4, 2.4].map((loss, i) => ({
      ...made([loss, 1, 1])[0],
      run: seeded.runs[i],
    }));
    expect(seedTable(all).rows[0]).toEqual([
      ...['base', '1, 2', '2.1000', '0.1414', '0.2000', '2.0000', '2.2000', '8.17'],
    ]);
    const { base, groups } = groupBySetting(seeded, all)!;
    expect(settingTable(base, groups).rows[0].slice(0, 4)).toEqual(['--d-model', '32', '2.4000', '+0.3000']);
    // Means 1.95, 2.1 and 2.06 are closer than the largest spread, 0.2.
    expect(sweetSpotTable(groups).rows[1].slice(0, 5)).toEqual([
      ...['--n-heads', '1, 4, 8', '1, 4, 8', '1.9500', '-'],
    ]);
    expect(seedTable(results).rows).toEqual([]);
  });

  it('needs the base among the runs', () => {
    expect(groupBySetting(sweep, results.slice(1))).toBeUndefined();
  });
});

describe('budgets', () => {
  const sizes = [1e3, 1e4, 1e5, 1e6];
  const amounts = { little: [1e9, 3e3], much: [1e11, 3e4] } as const;
  const sweep = resolveSweep('mine', {
    runs: Object.fromEntries(
      Object.keys(amounts).flatMap((name, i) =>
        sizes.map((size, j) => [`${name} ${size}`, { dModel: 32, maxSteps: 100 + 10 * i + j }]),
      ),
    ),
  });
  const groups = Object.fromEntries(
    Object.keys(amounts).map((name) => [name, sizes.map((size) => `${name} ${size}`)]),
  );
  // Parabolas with minima at 3,000 and 30,000 parameters.
  const results = sweep.runs.map((run) => {
    const [name, size] = run.name.split(' ') as [keyof typeof amounts, string];
    const [flops, minimum] = amounts[name];
    const parameters = Number(size);
    const validationLoss = 1.5 + 0.1 * Math.log(parameters / minimum) ** 2;
    return { run, parameters, flops, tokens: 1e6, best: { validationLoss } } as SweepResult;
  });

  it('find the minimum of each curve and the scaling exponent', () => {
    const budgets = budgetsOf(groups, results);
    expect(budgets.map(({ minimum }) => Math.round(minimum!.parameters))).toEqual([3000, 30000]);
    expect(budgets.map(({ minimum }) => minimum!.loss)).toEqual([
      expect.closeTo(1.5, 8),
      expect.closeTo(1.5, 8),
    ]);
    expect(budgetTable(budgets).rows.map((row) => row[2])).toEqual(['little 1000', 'much 10000']);
    const near = results.map((result) =>
      result.run.name === 'much 100000'
        ? { ...result, best: { ...result.best, validationLoss: 1.63 } }
        : result,
    );
    expect(budgetTable(budgetsOf(groups, near)).rows[1][2]).toBe('much 10000 or much 100000');
    // Ten times the parameters for a hundred times the FLOPs.
    expect(scalingExponent(budgets)).toBeCloseTo(0.5, 10);
  });

  it('have no minimum outside the range of the runs', () => {
    const [falling] = budgetsOf({ little: groups.little.slice(2) }, results);
    expect(falling.minimum).toBeUndefined();
    const [edge] = budgetsOf({ much: ['much 1000', 'much 10000', 'much 100000'] }, results.slice(0, 7));
    expect(edge.minimum).toBeDefined();
    expect(scalingExponent([edge])).toBeUndefined();
  });

  it('of compute.json match the exact FLOPs of its runs', async () => {
    const given = await readSweep(resolve(import.meta.dirname, '../../../../trainer/sweeps/compute.json'));
    const { runs } = resolveSweep('compute', given);
    for (const [name, members] of Object.entries(given.budgets!)) {
      for (const { settings } of runs.filter((run) => members.includes(run.name))) {
        const { contextLength, batchSize, maxSteps } = settings;
        const perToken = trainingFlopsPerToken(modelConfigOf(settings, 89), contextLength)!;
        const flops = perToken * contextLength * batchSize * maxSteps;
        expect(flops / parseFloat(name)).toBeCloseTo(1, 2);
      }
    }
  });
});
