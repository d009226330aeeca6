import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sectionsWithoutCommand, unsupportedNumbers } from './discussion.js';
import { workspace } from './program.js';

const page = [
  '# Page',
  'Made by `npx nx run trainer:sweep`.',
  '## Results',
  '| run | loss | FLOPs |\n| --- | --- | --- |\n| a | 2.3754 | 3.0e+12 |\n| b | −0.0812 | 113,472 |',
  '## Other\n\n5.25 and 62 %',
].join('\n\n');
const check = (text: string) =>
  unsupportedNumbers(text, () => page, { '60.00': 'the notebook, table 1' }).map(({ number }) => number);
const cite = '[table](README.md#results)';

describe('the check of discussions', () => {
  it('accepts numbers of the cited sections at the precision written', () => {
    expect(check(`${cite}: 2.3754, 2.375, 2.4, −0.08, 113,472, 3·10¹² (60.00).`)).toEqual([]);
    expect(check(`${cite}\n\nThe block before cites: 2.38.\n\n[other](README.md#other): 62 %, 5.3`)).toEqual(
      [],
    );
    expect(check(`${cite}: \`--seed 7\`, [arXiv:2203.15556](https://a.org/9), GPT-2, n_7`)).toEqual([]);
  });

  it('rejects a changed digit, another sign, another section, and a block that cites none', () => {
    expect(check(`${cite}: 2.3755, 2.37, 2.5, +0.08, 113,473, 4·10¹², 60.01`)).toEqual(
      '2.3755 2.37 2.5 +0.08 113,473 4·10¹² 60.01'.split(' '),
    );
    expect(check(`${cite}: 5.25`)).toEqual(['5.25']);
    expect(check('2.3754')).toEqual(['2.3754']);
    expect(check('[table](README.md#none)')).toEqual(['README.md#none']);
    // Whole numbers are not rounded.
    expect(check('[other](README.md#other): 5')).toEqual(['5']);
  });

  it('recomputes declared numbers from those of the sections', () => {
    expect(check(`${cite}: 2.457. <!-- 2.457 = 2.3754 + 0.0812 -->`)).toEqual([]);
    expect(check(`${cite}: 2.29. <!-- 2.29 = 2.3754 − 0.0812; 4.75 = 2 * 2.3754 -->`)).toEqual(['2']);
    expect(check(`${cite}: 2.458. <!-- 2.458 = 2.3754 + 0.0812 -->`)).toHaveLength(2);
    expect(check(`${cite}: 2.4. <!-- 2.4 = process.exit() -->`)).toHaveLength(1);
  });
});

const folder = join(workspace, 'docs/results');
const markdown = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.md'),
);
const discussions = markdown.filter((file) => file.endsWith('discussion.md'));
const constants = JSON.parse(readFileSync(join(folder, 'constants.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>;

/** Unsupported numbers of a discussion, perhaps with another text. */
function checkFile(file: string, text = readFileSync(join(folder, file), 'utf8')) {
  const here = join(folder, dirname(file));
  const readPage = (path: string) => readFileSync(join(here, path), 'utf8');
  return unsupportedNumbers(text, readPage, constants[dirname(file)]);
}

describe('docs/results', () => {
  it.each(discussions)('%s has no number that the cited commands do not print', (file) => {
    expect(checkFile(file)).toEqual([]);
  });

  it.each(discussions)('%s does not pass with another digit', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const others = [...text.matchAll(/<!--[^]*?-->|`[^`]*`|\]\([^)]*\)|arXiv:\S+/g)];
    const isProse = (at: number) =>
      !others.some(({ index, 0: other }) => at >= index && at < index + other.length);
    // Numbers of at least three digits. Others, and some in a section of hundreds of numbers, are there by chance.
    const numbers = [...text.matchAll(/\d[\d,.]+\d/g)].filter(
      ({ index, 0: number }) => isProse(index) && number.replace(/[,.]/g, '').length >= 3,
    );
    const unnoticed = numbers.filter(({ index, 0: number }) => {
      const end = index + number.length - 1;
      const digit = String((Number(text[end]) + 5) % 10);
      return checkFile(file, text.slice(0, end) + digit + text.slice(end + 1)).length === 0;
    });
    expect(unnoticed.length, unnoticed.map(String).join(' ')).toBeLessThanOrEqual(0.2 * numbers.length);
  });

  it('has constants with a source, all of them in use', () => {
    for (const [set, numbers] of Object.entries(constants)) {
      const text = readFileSync(join(folder, set, 'discussion.md'), 'utf8');
      for (const [number, source] of Object.entries(numbers)) {
        expect(text, `${set}: ${number}`).toContain(number);
        expect(source, `${set}: ${number}`).toMatch(/\w{3}/);
      }
    }
  });

  it.each(markdown.filter((file) => file.endsWith('README.md') && file.includes('/')))(
    '%s names the command of every table of numbers',
    (file) => {
      expect(sectionsWithoutCommand(readFileSync(join(folder, file), 'utf8'))).toEqual([]);
    },
  );

  it('reports tables without a command', () => {
    expect(sectionsWithoutCommand('# A\n\n## B\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n')).toEqual(['## B']);
    expect(sectionsWithoutCommand('# A\n\n## B\n\n`npx nx run x:y` prints:\n\n```text\n1\n```\n')).toEqual(
      [],
    );
  });

  it('has a discussion beside each page with one', () => {
    for (const file of discussions) expect(existsSync(join(folder, dirname(file), 'README.md'))).toBe(true);
  });
});
