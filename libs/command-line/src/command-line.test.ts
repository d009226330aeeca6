import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCommand } from './command.js';
import { flag, notNegative, off, oneOf, share, text, whole } from './schema.js';

const command = defineCommand({
  summary: 'Bakes.',
  examples: ['npx bake --oven 2'],
  notes: ['Ctrl-C leaves the dough as it is.'],
  flags: z.object({
    oven: flag({ group: 'Oven', value: 'N', help: 'which oven' }, whole(1, 4)),
    heat: flag({ group: 'Oven', value: 'KIND', help: 'how' }, oneOf('top', 'bottom').default('top')),
    cakeName: flag(
      { group: 'Cake', value: 'TEXT', many: true, help: 'what to write on it' },
      z.array(text()).default(['plain', 'simple']),
    ),
    butter: flag(
      { group: 'Cake', value: 'SHARE', help: 'share of butter '.repeat(9).trim() },
      share().optional(),
    ),
    sugar: flag({ group: 'Cake', value: 'G', help: 'grams' }, notNegative().default(80)),
    noEggs: flag({ group: 'Cake', help: 'leaves out the eggs' }, off()),
  }),
});

describe('a command from one schema', () => {
  it('fills in what is not given', () => {
    expect(command.parse(['--oven', '2'])).toEqual({
      oven: 2,
      heat: 'top',
      cakeName: ['plain', 'simple'],
      sugar: 80,
      noEggs: false,
    });
  });

  it('takes values after a space or =, several times where that is meant, and with dashes in them', () => {
    const args = ['--oven=1_', '--cake-name', '-- Ann --', '--cake-name=Bob', '--no-eggs', '--butter', '.25'];
    expect(command.parse(args)).toMatchObject({
      oven: 1,
      cakeName: ['-- Ann --', 'Bob'],
      noEggs: true,
      butter: 0.25,
    });
  });

  it('returns nothing when help is asked for', () => {
    expect(command.parse(['--help', '--oven', '9'])).toBeUndefined();
  });

  it.each([
    [[], '--oven is missing: expected a whole number from 1 to 4'],
    [['--oven', '5'], '--oven 5: expected a whole number from 1 to 4'],
    [['--oven', '2', '--heat', 'left'], '--heat left: expected one of top, bottom'],
    [['--oven', '2', '--cake-name', 'a', '--cake-name='], '--cake-name : expected a text that is not empty'],
    [['--ovn', '2'], '--ovn: no such setting; did you mean --oven?'],
    [['--oven'], '--oven: expected a value after it'],
    [['--oven', '2', 'cake'], 'cake: expected a setting such as --oven'],
    [['--oven', '0', '--sugar', 'x'], /--oven 0.*\n--sugar x/],
  ])('%j is refused with what was expected', (args, message) => {
    expect(() => command.parse(args)).toThrow(message);
  });

  it('explains itself, with defaults, within 100 columns', () => {
    const help = command.help();
    expect(help.split('\n').slice(0, 5)).toEqual([
      'Bakes.',
      '',
      '  npx bake --oven 2',
      '',
      'Ctrl-C leaves the dough as it is.',
    ]);
    expect(help).toContain('\nOven:\n  --oven N');
    expect(help).toContain('how [top]');
    expect(help).toContain('[plain | simple]');
    expect(help).toMatch(/--no-eggs +leaves out the eggs$/m);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
