import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { completionScript, type CompletedCommand } from './completion.js';
import { boolean, flag, integer, oneOf, text, toggle } from './flags/flag.js';

const commands: readonly CompletedCommand[] = [
  {
    name: 'bake',
    about: "bakes the cook's cake",
    schema: z.object({
      heat: flag({ value: 'KIND', help: 'how' }, oneOf('top', 'bottom').default('top')),
      cakeName: flag(
        { value: 'TEXT', many: true, help: 'on it' },
        z.array(oneOf('plain', 'party')).default([]),
      ),
      recipe: flag({ value: 'NAME', help: 'which', choices: ['apple/1', 'apple/2'] }, text().optional()),
      file: flag({ value: 'FILE', help: 'from' }, text().optional()),
      hot: flag({ value: 'true|false', help: 'hot' }, boolean().default(true)),
      noEggs: flag({ help: 'without eggs' }, toggle()),
    }),
  },
  {
    name: 'wash up',
    about: 'washes',
    schema: z.object({ water: flag({ value: 'N', help: 'l' }, integer(1)) }),
  },
  { name: 'wash all', about: 'washes all', schema: z.object({}) },
];

function has(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'exit 0'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What bash offers for the words; the last one is being typed. */
function offered(shell: 'bash' | 'zsh', ...words: string[]): string[] {
  const typed = ['cook', ...words].map((word) => `'${word}'`).join(' ');
  const program = `${shell === 'zsh' ? 'autoload -U compinit && compinit -u\n' : ''}${completionScript(shell, 'cook', commands)}
    ${shell === 'zsh' ? 'setopt ksharrays' : ''}
    COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _cook; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const lines = execFileSync(shell, ['-c', program], { encoding: 'utf8' }).split('\n').filter(Boolean);
  // zsh selects those that begin with the last word after compgen.
  const begun = words.at(-1) === '=' ? '' : words.at(-1)!;
  return shell === 'zsh' ? lines.filter((line) => line.startsWith(begun)) : lines;
}

describe.each(['bash', 'zsh'] as const)('completion in %s', (shell) => {
  it.skipIf(!has(shell)).each([
    [[''], ['bake', 'wash']],
    [['b'], ['bake']],
    [
      ['bake', '--h'],
      ['--heat', '--hot', '--help'],
    ],
    [
      ['bake', '--cake-name', ''],
      ['plain', 'party'],
    ],
    [['bake', '--no-eggs', '--heat', 'b'], ['bottom']],
    [['bake', '--heat', '=', 't'], ['top']],
    [
      ['bake', '--heat', '='],
      ['top', 'bottom'],
    ],
    [
      ['bake', '--recipe', 'apple/'],
      ['apple/1', 'apple/2'],
    ],
    [
      ['bake', '--hot', ''],
      ['true', 'false'],
    ],
    [['bake', '--file', ''], []],
    [['bake', '--no-eggs', '--fi'], ['--file']],
    [
      ['wash', ''],
      ['up', 'all'],
    ],
    [
      ['wash', 'up', '--'],
      ['--water', '--help'],
    ],
    [['wash', 'all', '--'], ['--help']],
  ])('of %j is %j', (words, expected) => {
    expect(offered(shell, ...words)).toEqual(expected);
  });
});

describe('completion in fish', () => {
  const script = completionScript('fish', 'cook', commands);

  it('names commands, flags and choices', () => {
    expect(script).toContain("-a bake -d 'bakes the cook\\'s cake'");
    expect(script).toContain(`-n "__cook_using 'wash up'" -l water -r -d 'l'`);
    expect(script).toContain(`-n "__cook_using 'bake'" -l recipe -x -a 'apple/1 apple/2' -d 'which'`);
  });

  it.skipIf(!has('fish'))('offers them', () => {
    const offers = (line: string) =>
      execFileSync('fish', ['-c', `${script}\ncomplete -C '${line}'`], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((each) => each.split('\t')[0]);
    expect(offers('cook bake --heat ')).toEqual(expect.arrayContaining(['top', 'bottom']));
    expect(offers('cook wash ')).toEqual(expect.arrayContaining(['up', 'all']));
  });
});
