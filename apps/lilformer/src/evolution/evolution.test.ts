import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { readPyTorch } from '@lilformer/checkpoints';
import { Terminal } from '@lilformer/command-line';
import type { ComparisonRow } from '@lilformer/evaluation';
import { golden, goldenJson } from '@lilformer/testing';
import { CharTokenizer } from '@lilformer/tokenizers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compare, compareFlags } from './compare.js';
import { PROMPTS, STAGES } from './stages.js';
import { changeTable, stageTable, trainingTable, type StageRow, type StageTraining } from './stage-tables.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'lilformer-evolution-'))));
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<string> {
  const out = new PassThrough();
  let shown = '';
  out.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const terminal = new Terminal(out as unknown as NodeJS.WriteStream);
  await compare(compareFlags.parse(args)!, terminal, new AbortController().signal);
  return shown;
}

describe('stage tables', () => {
  const row = (index: number, parameters: number, perplexity?: number): StageRow => {
    const { name } = STAGES[index];
    const found: ComparisonRow =
      perplexity === undefined
        ? { state: 'missing', name, source: '', reason: 'not there' }
        : {
            state: 'compared',
            name,
            source: '',
            type: 'bigram',
            parameters,
            recorded: { perplexity, source: 'made up' },
            measured: undefined,
            forwardSpeed: 1234,
            generationSpeed: undefined,
          };
    return { stage: STAGES[index], row: found };
  };

  it('show the change against the previous stage that is present', () => {
    const rows = [row(0, 1000, 40), row(1, 0), row(2, 1500, 20), row(3, 1500, 25)];
    expect(changeTable(rows).rows.map((cells) => cells.slice(2))).toEqual([
      ['-', '-', '-'],
      ['-', '-', '-'],
      // ln 2 = 0.693
      ['+500', '−50.0 %', '−0.693'],
      ['+0', '+25.0 %', '+0.223'],
    ]);
    expect(stageTable(rows).rows[1][0]).toBe('04: + Attention (missing)');
  });
});

it('tabulates the training of stages', () => {
  const settings = { batchSize: 8, gradientAccumulationSteps: 2, contextLength: 64, learningRate: 0.005 };
  const stage = {
    name: '03: Bigram',
    result: { step: 2000, tokens: 2_048_000 },
    settings: { ...settings, schedule: 'cosine', seed: 42 },
    trainingTokens: 1_000_000,
  } as unknown as StageTraining;
  expect(trainingTable([stage, undefined]).rows).toEqual([
    ['03: Bigram', '2,000', '16', '64', '2,048,000', '2.05', '0.005', 'cosine', '-', '42'],
  ]);
});

describe('the flags', () => {
  it("default to the notebook's settings", () => {
    expect(compareFlags.parse([])).toMatchObject({ maxNewTokens: 50, temperature: 1, seed: 42, prompt: [] });
    expect(compareFlags.parse(['--seed', 'random'])).toMatchObject({ seed: 'random' });
    expect(PROMPTS.map(({ prompts }) => prompts.length)).toEqual([3, 3, 2]);
    for (const line of compareFlags.help().split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  it.each([
    [['--seed', 'some'], '--seed some: expected an integer of at least 0, or random'],
    [['--temperature', '-1'], '--temperature -1: expected a number of at least 0'],
  ])('%j is refused', (args, message) => {
    expect(() => compareFlags.parse(args)).toThrow(message);
  });

  it('explain what to do without any stage', async () => {
    await expect(run('--checkpoints', folder)).rejects.toThrow(
      /expected the stages as run folders .*evolution train/s,
    );
  });
});

describe('evolution:compare', () => {
  it("compares the notebook's files and lists the missing one", { timeout: 60_000 }, async () => {
    const there = STAGES.filter(({ file, extra }) => file !== '06_ffn' && !extra);
    for (const { file } of there) {
      await copyFile(golden(`evolution/${file}/checkpoint.pt`), join(folder, `${file}.pt`));
    }
    await mkdir(join(folder, 'tokenizer'));
    const { vocab_size } = goldenJson<{ arguments: { vocab_size: number } }>(
      'evolution/10_moe/config.json',
    ).arguments;
    const letters = Array.from({ length: vocab_size }, (_, i) => String.fromCodePoint(97 + i)).join('');
    await writeFile(
      join(folder, 'tokenizer/tokenizer.json'),
      JSON.stringify(CharTokenizer.fromText(letters).toJSON()),
    );
    const args = ['--checkpoints', folder, '--prompt', 'abc', '--max-new-tokens', '5'];
    const shown = await run(...args, '--report', join(folder, 'report'));
    for (const { file, name } of there) {
      const { history } = (await readPyTorch(join(folder, `${file}.pt`))) as unknown as {
        history: { val_perplexity: number[] };
      };
      const line = shown.split('\n').find((line) => line.startsWith(`${name}  `))!;
      expect(line, name).toContain(history.val_perplexity.at(-1)!.toFixed(2));
    }
    expect(shown).toContain('06: + FFN (missing)');
    expect(shown).toContain(`missing in ${folder}: 06: + FFN`);
    expect(shown).toContain('history.val_perplexity[-1]');
    expect(shown.match(/^ {2}abc.*$/gm)!.length).toBe(there.length);
    const report = await readFile(join(folder, 'report/README.md'), 'utf8');
    // Reports contain no local paths.
    const numbers = await readFile(join(folder, 'report/results.json'), 'utf8');
    expect(numbers).not.toContain(folder);
    expect(report).toContain('![Perplexity at each stage](perplexity.svg)');
    for (const [, file] of report.matchAll(/^!\[.*\]\((.*)\)$/gm)) {
      expect(await readFile(join(folder, 'report', file), 'utf8')).toMatch(/^<svg /);
    }
    await writeFile(join(folder, 'text.txt'), letters.repeat(20));
    const measured = ['--measure', '--text', join(folder, 'text.txt'), '--report', join(folder, 'measured')];
    await run(...args, ...measured);
    const figure = await readFile(join(folder, 'measured/loss-by-position.svg'), 'utf8');
    // The bigram has no positions.
    for (const { name } of there.slice(1)) expect(figure).toContain(`>${name}</text>`);
    const samples = (text: string) => text.slice(text.indexOf('Your prompts'));
    expect(samples(await run(...args)).startsWith(samples(shown).split('\nReport:')[0].trimEnd())).toBe(true);
  });
});
