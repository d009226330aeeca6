import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCommand } from './command.js';
import { flag, fraction, integer, nonNegative, oneOf, text, toggle } from './flag.js';

const EXAMPLE = 'npx bake --oven 2 --heat top --cake-name "a long -- name" --no-eggs --butter 0.5 --sugar 80';

const command = defineCommand({
  summary: 'Bakes.',
  examples: ['npx bake --oven 2', EXAMPLE],
  notes: ['Ctrl-C leaves the dough as it is.'],
  flags: z.object({
    oven: flag({ group: 'Oven', value: 'N', help: 'which oven' }, integer(1, 4)),
    heat: flag({ group: 'Oven', value: 'KIND', help: 'how' }, oneOf('top', 'bottom').default('top')),
    cakeName: flag(
      { group: 'Cake', value: 'TEXT', many: true, help: 'what to write on it' },
      z.array(text()).default(['plain', 'simple']),
    ),
    butter: flag(
      { group: 'Cake', value: 'SHARE', help: 'share of butter '.repeat(9).trim() },
      fraction().optional(),
    ),
    sugar: flag(
      { group: 'Cake', value: 'G', alias: 's', help: 'grams', when: 'Raise it for children.\nThey like it.' },
      nonNegative().default(80),
    ),
    noEggs: flag({ group: 'Cake', help: 'leaves out the eggs' }, toggle()),
  }),
});

describe('a command from one schema', () => {
  it('fills in defaults', () => {
    expect(command.parse(['--oven', '2'])).toEqual({
      oven: 2,
      heat: 'top',
      cakeName: ['plain', 'simple'],
      sugar: 80,
      noEggs: false,
    });
  });

  it('takes values after a space or =, with dashes in them, and repeated flags', () => {
    const args = ['--oven=1_', '--cake-name', '-- Ann --', '--cake-name=Bob', '--no-eggs', '--butter', '.25'];
    expect(command.parse(args)).toMatchObject({
      oven: 1,
      cakeName: ['-- Ann --', 'Bob'],
      noEggs: true,
      butter: 0.25,
    });
  });

  it('takes values from a file, which flags override', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lilformer-config-'));
    const file = join(folder, 'oven.json');
    const parse = async (content: unknown, ...args: string[]) => {
      await writeFile(file, JSON.stringify(content));
      return command.parse(['--config', file, ...args]);
    };
    const settings = { oven: 2, noEggs: true, cakeName: ['a', 'b'], butter: 0.5 };
    expect(await parse(settings)).toMatchObject(settings);
    expect(await parse({ settings, model: {} }, '--oven', '3', '--cake-name', 'c')).toMatchObject({
      ...settings,
      oven: 3,
      cakeName: ['c'],
    });
    expect(await parse({ oven: 2, cakeName: 'a' })).toMatchObject({ cakeName: ['a'] });
    await expect(parse({ ovn: 2, oven: 1 })).rejects.toThrow(
      `--config ${file}: ovn is not a setting of this command. Did you mean oven?`,
    );
    await expect(parse({ oven: 'x' })).rejects.toThrow('--oven x: expected an integer from 1 to 4');
    await expect(parse([1])).rejects.toThrow(`--config ${file}: not an object.`);
    expect(() => command.parse(['--config', join(folder, 'none.json')])).toThrow(/--config .*: ENOENT/);
    await rm(folder, { recursive: true });
  });

  it('takes aliases', () => {
    expect(command.parse(['--oven', '2', '--s', '5'])).toMatchObject({ sugar: 5 });
    expect(command.parse(['--oven', '2', '--s=6'])).toMatchObject({ sugar: 6 });
    expect(() => command.parse(['--oven', '2', '--s'])).toThrow('--s: missing value');
  });

  it('returns undefined with --help', () => {
    expect(command.parse(['--help', '--oven', '9'])).toBeUndefined();
  });

  it.each([
    [[], '--oven is missing: expected an integer from 1 to 4'],
    [['--oven', '5'], '--oven 5: expected an integer from 1 to 4'],
    [['--oven', '2', '--heat', 'left'], '--heat left: expected one of top, bottom'],
    [['--oven', '2', '--cake-name', 'a', '--cake-name='], '--cake-name : expected a text that is not empty'],
    [['--ovn', '2'], '--ovn: unknown flag. Did you mean --oven? --help lists all flags.'],
    [['--name', 'x'], '--name: unknown flag. Did you mean --cake-name?'],
    [['--knead', '2'], '--knead: unknown flag. --help lists all flags.'],
    [['--oven'], '--oven: missing value'],
    [['--oven', '2', 'cake'], 'cake: expected a flag such as --oven'],
    [['--oven', '0', '--sugar', 'x'], /--oven 0.*\n--sugar x/],
  ])('rejects %j', (args, message) => {
    expect(() => command.parse(args)).toThrow(message);
  });

  describe.each([60, 80, 140])('on a terminal of %i columns', (columns) => {
    beforeEach(() => void (process.stdout.columns = columns));
    afterEach(() => void (process.stdout.columns = undefined as never));

    it('prints help that fits, with commands that can be copied', () => {
      const help = command.help();
      const longest = Math.max(...help.split('\n').map(({ length }) => length));
      expect(longest).toBeLessThanOrEqual(Math.min(columns, 100));
      if (columns > 100) expect(longest).toBeGreaterThan(80);
      expect(help.replace(/ \\\n */g, ' ')).toContain(`  ${EXAMPLE}`);
    });
  });

  it('prints its help with defaults and when to change them, within 80 columns', () => {
    const help = command.help();
    expect(help.split('\n').slice(0, 7)).toEqual([
      'Bakes.',
      '',
      '  npx bake --oven 2',
      '  npx bake --oven 2 --heat top --cake-name "a long -- name" --no-eggs \\',
      '      --butter 0.5 --sugar 80',
      '',
      'Ctrl-C leaves the dough as it is.',
    ]);
    expect(help).toContain('\nOven:\n  --oven N');
    expect(help).toContain('how [top]');
    expect(help).toContain('[plain | simple]');
    expect(help).toContain(
      `  --sugar, --s G            grams [80]\n${' '.repeat(28)}Raise it for children.\n${' '.repeat(28)}They like it.\n`,
    );
    expect(help).toMatch(/--no-eggs +leaves out the eggs$/m);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
