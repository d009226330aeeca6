// The program as a user runs it: processes, files, signals.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@lilformer/checkpoints';
import { tinyShakespeare } from '@lilformer/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { runProgram, temporaryFolder } from './testing/run-program.js';

/** Settings of any model that trains in a second. */
const SHORT = [
  ...['--story-bytes', '60000', '--vocab-size', '300', '--context-length', '16', '--batch-size', '4'],
  ...['--eval-every', '4', '--eval-batches', '2', '--log-every', '1', '--sample-tokens', '8'],
];
const TINY = [...SHORT, '--d-model', '16', '--d-ff', '32', '--n-heads', '2'];

let folder: string;
const newFolder = temporaryFolder();
beforeEach(() => void (folder = newFolder()));
const run = (args: readonly string[], until?: string, signal?: NodeJS.Signals) =>
  runProgram(folder, args, until, signal);

const events = async (name: string) =>
  (await readFile(join(folder, name, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map(
      (line) => JSON.parse(line) as { type: string; step: number; loss?: number; validationLoss?: number },
    );

/** The events without times. */
const losses = async (name: string) =>
  (await events(name)).map(({ type, step, loss, validationLoss }) => ({ type, step, loss, validationLoss }));

/** Flags without those that `others` set. */
const without = (args: readonly string[], others: readonly string[]) =>
  args.filter((arg, i) => !others.includes(arg.startsWith('--') ? arg : args[i - 1]));

describe('trainer', () => {
  it('prints events as lines of JSON, results only, and trains again from the config.json of a run', async () => {
    const first = await run(['train', ...TINY, '--max-steps', '4', '--json']);
    expect(first).toMatchObject({ code: 0, err: '' });
    const lines = first.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const steps = (name: string) => lines.filter(({ type }) => type === name).map(({ step }) => step);
    expect([steps('step'), steps('evaluation'), steps('done')]).toEqual([[1, 2, 3, 4], [4], [4]]);
    expect(lines.at(-1)).toMatchObject({ type: 'result', folder: join(folder, 'runs/stories-1') });

    const config = join(folder, 'runs/stories-1/config.json');
    const again = await run(['train', '--config', config, '--max-steps', '2', '--quiet']);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).not.toMatch(/Engine:|step 1|--batch-size/);
    expect(again.out).toContain('Run folder: runs/stories-2');
    const shared = (await losses('runs/stories-1')).filter(({ type, step }) => type === 'step' && step === 1);
    expect((await losses('runs/stories-2')).filter(({ step }) => step === 1)).toEqual(shared);

    const generated = await run(['generate', '--model', 'runs/stories-2', '--prompt', 'Once', '--json']);
    expect(JSON.parse(generated.out)).toMatchObject({ prompt: 'Once', text: expect.stringMatching(/^Once/) });
  });

  it('trains on generated stories, prints progress, and writes a run folder that generates', async () => {
    const trained = await run(['train', ...TINY, '--max-steps', '8']);
    expect(trained.err).toBe('');
    expect(trained.code).toBe(0);
    expect(trained.out).toContain('--batch-size 4*');
    expect(trained.out).toMatch(/step 4\/8 \| loss [\d.]+ \| lr \S+ \| [\d,.]+ tok\/s \| eta \S+/);
    expect(trained.out).toMatch(/^Engine: (native|tensorflow|wasm|cpu) \(/);
    expect(trained.out).toMatch(
      /--- before training\nOnce upon a time[\s\S]*--- after training\nOnce upon a time/,
    );
    for (const file of [
      'config.json',
      'tokenizer.json',
      'model.safetensors',
      'state.safetensors',
      'samples.txt',
    ]) {
      expect(existsSync(join(folder, 'runs/stories-1', file)), file).toBe(true);
    }
    const evaluated = (await events('runs/stories-1')).filter(({ type }) => type === 'evaluation');
    expect(evaluated.map(({ step }) => step)).toEqual([4, 8]);

    const write = (...args: string[]) =>
      run([
        'generate',
        '--model',
        'runs/stories-1',
        '--prompt',
        'The dog',
        '--max-new-tokens',
        '40',
        '--seed',
        '3',
        ...args,
      ]);
    const [once, again, uncached, other] = await Promise.all([
      write(),
      write(),
      write('--use-cache', 'false'),
      write('--seed', '4'),
    ]);
    expect(once.code).toBe(0);
    expect(once.out).toMatch(/^The dog.+/);
    expect(again.out).toBe(once.out);
    expect(uncached.out).toBe(once.out);
    expect(other.out).not.toBe(once.out);

    const together = await write('--prompt', 'A cat', '--together');
    expect(together.out.startsWith(once.out)).toBe(true);
    expect(together.out).toContain('A cat');
    const stopped = await write('--stop', 'e', '--min-new-tokens', '2', '--repetition-penalty', '1.2');
    expect(stopped.out.slice('The dog'.length)).not.toContain('e');
    expect(stopped.code).toBe(0);
    const args = ['generate', '--model', 'runs/stories-1', '--prompt', 'The dog', '--max-new-tokens', '6'];
    const beams = await run([...args, '--num-beams', '3', '--num-return-sequences', '2']);
    const scores = [...beams.out.matchAll(/^(-\d+\.\d{4}) {2}The dog/gm)].map(([, score]) => Number(score));
    expect(scores.length).toBe(2);
    expect(scores[0]).toBeGreaterThanOrEqual(scores[1]);
  });

  it('saves on Ctrl-C, and a resumed run equals an uninterrupted one', async () => {
    const args = ['train', ...TINY, '--max-steps', '40'];
    const whole = await run([...args, '--run', 'whole']);
    expect(whole.code).toBe(0);

    const stopped = await run([...args, '--run', 'parts'], 'step 5/40');
    expect(stopped.code).toBe(130);
    expect(stopped.out).toContain('Stopping after this step');
    expect(stopped.out).toContain('--resume parts');
    expect(stopped.out).not.toContain('step 40/40');

    const resumed = await run(['train', '--resume', 'parts']);
    expect(resumed.err).toBe('');
    expect(resumed.code).toBe(0);
    expect(await losses('parts')).toEqual(await losses('whole'));
    const weights = async (name: string) =>
      (await readSafetensors(join(folder, name, 'model.safetensors'))).tensors;
    expect(await weights('parts')).toEqual(await weights('whole'));

    const finished = await run(['train', '--resume', 'parts']);
    expect(finished.code).toBe(0);
    expect(await losses('parts')).toEqual(await losses('whole'));
  });

  it.each([
    [
      ['train', '--data', 'nowhere.txt'],
      /data: nowhere.txt is not there\. Expected a file.*\bnowhere\.txt$/m,
      1,
    ],
    [['train', '--batch-size', '0'], /^--batch-size 0: expected an integer of at least 1$/m, 2],
    [['train', '--resume', 'nowhere'], /nowhere/, 1],
    [['train', '--engine', 'warp'], /warp.*expected one of auto, native/, 2],
    [['train', ...TINY, '--story-bytes', '10000', '--context-length', '5000'], /a window of 5000 tokens/, 1],
    [['generate', '--model', './nowhere'], /nowhere: not found/, 1],
    [['generate'], /^--model is missing/m, 2],
    [
      ['generate', '--model', 'r', '--early-stopping', 'true'],
      /^--early-stopping true: only beam search uses it/m,
      2,
    ],
    [['fly'], /fly: expected one of train, sweep, generate, export/, 2],
    [['trian'], /Did you mean train\?$/m, 2],
    [['train', '--learning-rat', '1'], /^--learning-rat: unknown flag\. Did you mean --learning-rate\?/, 2],
    [['train', '--preset', 'storys'], /^--preset: no storys\. Did you mean stories\?/, 2],
    [['train', '--model', 'nano-gtp'], /^--model: nano-gtp .* Did you mean nano-gpt\?/, 2],
    [['sweep', '--preset', 'fly'], /--preset: no fly. Expected one of evolution/, 2],
  ])('%j ends with one error message', async (args, message, expected) => {
    const { code, err } = await run(args);
    expect(code).toBe(expected);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('prints its commands, its version, and the help of a command', async () => {
    const [all, short, version, train] = await Promise.all(
      [['--help'], ['-h'], ['--version'], ['train', '-h']].map((args) => run(args)),
    );
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toMatch(/^ {2}evolution train +trains eight models/m);
    expect(short).toEqual(all);
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect([train.code, train.out]).toEqual([0, expect.stringMatching(/^Trains a language model/)]);
  });

  it('sweeps, saves all runs on Ctrl-C, resumes them, and writes a report', async () => {
    const sweep = {
      settings: { sampleTokens: 5, prompt: '```' },
      runs: { base: {}, 'heads=1': { nHeads: 1 }, 'layers=2': { nLayers: 2 } },
      beside: { theirs: { base: 1.5 } },
    };
    await writeFile(join(folder, 'mine.json'), JSON.stringify(sweep));
    const args = [
      'sweep',
      '--file',
      'mine.json',
      '--jobs',
      '1',
      ...TINY.filter((arg, i) => ![arg, TINY[i - 1]].includes('--sample-tokens')),
      '--max-steps',
      '900',
    ];
    const stopped = await run([...args, '--eval-every', '300'], 'base: starts');
    expect(stopped.code).toBe(130);
    expect(stopped.out).toContain('The same command resumes them');
    expect(existsSync(join(folder, 'runs/mine/base/result.json'))).toBe(false);
    expect(existsSync(join(folder, 'runs/mine/base/state.safetensors'))).toBe(true);

    const whole = await run([...args, '--eval-every', '300', '--report', 'report']);
    expect(whole.err).toBe('');
    expect(whole.code).toBe(0);
    expect(whole.out).toMatch(/^base +[\d,]+ +900 /m);
    const report = await readFile(join(folder, 'report/README.md'), 'utf8');
    expect(report).toContain('--max-steps 900');
    expect(report).toMatch(/^\| --n-heads \| 1 \| [\d.]+/m);
    expect(report.match(/^!\[.*\]\((.*)\)$/gm)!.length).toBeGreaterThan(0);
    for (const [, file] of report.matchAll(/^!\[.*\]\((.*)\)$/gm)) {
      expect(await readFile(join(folder, 'report', file), 'utf8')).toMatch(/^<svg /);
    }

    const again = await run([...args, '--eval-every', '300']);
    expect(again.code).toBe(0);
    expect(again.out.match(/^skip .* \| done before$/gm)).toHaveLength(3);

    const other = await run([...args, '--eval-every', '300', '--lr', '1e-3']);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/has a run with other settings: --learning-rate 0.012 instead of 0.001/);
  });

  it('reports seeds, runs without logged steps, and the load of the machine, and writes NaN nowhere', async () => {
    const runs = { base: {}, 'heads=1': { nHeads: 1 } };
    await writeFile(join(folder, 'mine.json'), JSON.stringify({ runs, lastSteps: 2 }));
    const own = ['--max-steps', '3', '--log-every', '10', '--eval-every', '3', '--seeds', '1,2'];
    const args = ['sweep', '--file', 'mine.json', '--jobs', '1', ...without(TINY, own), ...own];
    const { out, err, code } = await run([...args, '--report', 'report']);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    const report = await readFile(join(folder, 'report/README.md'), 'utf8');
    expect(report).toMatch(/^## Seeds\n[^]*^\| heads=1 \| 1, 2 \| [\d.]+ \|/m);
    expect(out).toMatch(/^heads=1 +1, 2 /m);
    expect(report + out).not.toContain('NaN');
    const result = await readFile(join(folder, 'runs/mine/heads-1-seed-2/result.json'), 'utf8');
    const { load } = JSON.parse(result) as { load: unknown };
    expect(load).toEqual({ before: expect.any(Number) as number, after: expect.any(Number) as number });
  });

  it('saves the runs of a sweep that is killed', async () => {
    await writeFile(join(folder, 'mine.json'), JSON.stringify({ runs: { base: {} } }));
    const sweep = ['sweep', '--file', 'mine.json', ...TINY, '--max-steps', '1000000'];
    expect((await run(sweep, 'base: starts', 'SIGKILL')).code).toBeNull();
    const log = () => readFile(join(folder, 'runs/mine/base.log'), 'utf8');
    await expect.poll(log, { timeout: 100_000 }).toContain('Saved. Resume with');
    await expect.poll(() => existsSync(join(folder, 'runs/mine/base/run.lock'))).toBe(false);
    expect(await log()).not.toContain('Error');
  });

  it('never overwrites a run', async () => {
    const args = ['train', ...TINY, '--max-steps', '3', '--run', 'mine'];
    expect((await run(args)).code).toBe(0);
    const before = await readFile(join(folder, 'mine/model.safetensors'));
    const second = await run(args);
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/mine: contains a run\. Resume it/);
    expect(await readFile(join(folder, 'mine/model.safetensors'))).toEqual(before);
  });

  describe('with a text of its own', () => {
    const OWN = [
      ...['train', '--data', 'own.txt', '--tokenizer', 'char', '--context-length', '16', '--model', 'bigram'],
      ...['--batch-size', '4', '--eval-every', '4', '--eval-batches', '2', '--log-every', '1'],
    ];
    const write = (text: string) => writeFile(join(folder, 'own.txt'), text);

    it('detects that it has changed, also by one word of the same length', async () => {
      const text = 'The cat sat on the mat, and the dog sat beside it. '.repeat(40);
      await write(text);
      const args = [...OWN, '--sample-tokens', '0', '--max-steps', '3', '--run', 'own'];
      expect((await run(args)).code).toBe(0);
      const { mtime } = await stat(join(folder, 'own.txt'));
      await write(text.replace('dog', 'cat'));
      await utimes(join(folder, 'own.txt'), mtime, mtime);
      const resumed = await run(['train', '--resume', 'own', '--max-steps', '5']);
      expect(resumed.code).toBe(1);
      expect(resumed.err).toMatch(/own: its training text has changed/);
      await write(text);
      expect((await run(['train', '--resume', 'own', '--max-steps', '5'])).code).toBe(0);
    });

    it('replaces a default prompt that the tokenizer lacks, and refuses a given one at once', async () => {
      await write('\n山高水長，\n月明風清。\n'.repeat(60));
      const args = [...OWN, '--unk-token', 'none', '--sample-tokens', '4', '--max-steps', '2'];
      const refused = await run([...args, '--run', 'own', '--prompt', 'Once']);
      expect(refused.code).toBe(2);
      expect(refused.err).toMatch(/^--prompt: "Once" cannot be encoded: .* Expected a text of the tokens/);
      expect(await readdir(folder)).toEqual(['own.txt']);
      const { code, err, out } = await run([...args, '--run', 'own']);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(
        'note: samples start with "山高水長，", because the tokenizer cannot encode "Once',
      );
      expect(out).toContain('--- before training\n山高水長，');
      const resumed = await run(['train', '--resume', 'own', '--max-steps', '4']);
      expect([resumed.code, resumed.err]).toEqual([0, '']);
      expect(resumed.out).toContain('--- after training\n山高水長，');
    });

    it('is the name of the run folder', async () => {
      await write('The cat sat on the mat. '.repeat(40));
      const args = [...OWN, '--sample-tokens', '0', '--max-steps', '1'];
      expect((await run(args)).code).toBe(0);
      expect(await readdir(join(folder, 'runs'))).toEqual(['own-1']);
    });

    it('keeps what a resume changes', async () => {
      await write('The cat sat on the mat. '.repeat(40));
      const args = [...OWN, '--sample-tokens', '0', '--max-steps', '2', '--run', 'own'];
      expect((await run(args)).code).toBe(0);
      const longer = ['train', '--resume', 'own', '--max-steps', '200000'];
      expect((await run(longer, 'step 9/200000')).code).toBe(130);
      expect(existsSync(join(folder, 'own/result.json'))).toBe(false);
      const { settings } = JSON.parse(await readFile(join(folder, 'own/config.json'), 'utf8')) as {
        settings: object;
      };
      expect(settings).toMatchObject({ maxSteps: 200_000 });
      expect((await run(['train', '--resume', 'own'], 'step 30/200000')).code).toBe(130);
    });
  });

  it.each([
    [{}, 'format in its config.json is missing. Expected 2.'],
    [[], 'format in its config.json is missing'],
    [{ format: 1 }, 'format in its config.json is 1. Expected 2. Resume with the version that wrote it.'],
    [{ format: 2 }, 'settings in its config.json is missing. Expected an object.'],
    [
      { format: 2, settings: {}, model: {}, corpus: {}, tokens: {} },
      'model.type in its config.json is missing',
    ],
    [
      { format: 2, settings: {}, model: { type: 'bigram' }, corpus: { train: 3 }, tokens: {} },
      'corpus.train in its config.json is 3. Expected files or stories.',
    ],
  ])('names what is wrong in the config %j of a run', async (config, message) => {
    await mkdir(join(folder, 'bad'));
    await writeFile(join(folder, 'bad/config.json'), JSON.stringify(config));
    await writeFile(join(folder, 'bad/tokenizer.json'), '{}');
    const { code, err } = await run(['train', '--resume', 'bad']);
    expect([code, err]).toEqual([1, expect.stringContaining(`bad: ${message}`) as string]);
  });

  it('gives each of two simultaneous commands a folder of its own', async () => {
    const both = [1, 2].map(() => run(['train', ...TINY, '--max-steps', '3']));
    for (const { code } of await Promise.all(both)) expect(code).toBe(0);
    expect((await readdir(join(folder, 'runs'))).sort()).toEqual(['stories-1', 'stories-2']);
    const failed = await run(['train', ...TINY, '--context-length', '60000']);
    expect(failed.code).toBe(1);
    expect(await readdir(join(folder, 'runs'))).not.toContain('stories-3');
  });

  it('exports a run in Hugging Face format with equal weights, or explains why not', async () => {
    const sizes = ['--n-embd', '16', '--n-layer', '1', '--n-head', '2'];
    const args = ['--model', 'gpt2', ...sizes, '--max-steps', '4', '--run', 'mine'];
    expect(await run(['train', ...SHORT, ...args])).toMatchObject({ code: 0 });
    const { code, out } = await run(['export', '--model', 'mine', '--to', 'out', '--weights', 'last']);
    expect([code, out]).toEqual([0, expect.stringContaining('from_pretrained("out")') as string]);
    const state = (await readSafetensors(join(folder, 'mine', 'state.safetensors'))).tensors;
    const saved = (await readSafetensors(join(folder, 'out', 'model.safetensors'))).tensors;
    expect(saved.size).toBeGreaterThan(10);
    for (const [name, array] of saved)
      expect(state.get(`model.${name}`) ?? state.get(name), name).toEqual(array);
    expect(JSON.parse(await readFile(join(folder, 'out', 'tokenizer.json'), 'utf8'))).toEqual(
      JSON.parse(await readFile(join(folder, 'mine', 'tokenizer.json'), 'utf8')),
    );
    expect(
      await run(['train', ...SHORT, '--model', 'bigram', '--max-steps', '4', '--run', 'other']),
    ).toMatchObject({
      code: 0,
    });
    const refused = await run(['export', '--model', 'other', '--to', 'none']);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^other: a model of type bigram cannot be exported: .* Expected one of type .*nano-gpt.*\. Train one: .*--model nano-gpt/,
    );
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

describe('trainer on real text', () => {
  it('trains the Shakespeare preset at a small size', async () => {
    const { code, err, out } = await run([
      ...['train', '--preset', 'shakespeare/baseline', '--data', tinyShakespeare],
      ...[
        '--max-chars',
        '20000',
        '--d-model',
        '16',
        '--d-ff',
        '32',
        '--batch-size',
        '64',
        '--context-length',
        '16',
      ],
      ...['--epochs', '1', '--max-steps', '6', '--log-every', '1', '--sample-tokens', '8'],
    ]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('--context-length 16*');
    expect(out).toMatch(/Windows: [\d,]+ for training, [\d,]+ for validation/);
  });
});
