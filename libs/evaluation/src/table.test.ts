import { expect, it } from 'vitest';
import { markdownTable, textTable } from './table.js';

const columns = [{ name: 'model' }, { name: 'perplexity', align: 'right' }] as const;

it('writes Markdown', () => {
  expect(
    markdownTable(columns, [
      ['a|b\nc', '1.0'],
      ['é', '12.5'],
    ]),
  ).toBe(
    [
      '| model  | perplexity |',
      '| ------ | ---------: |',
      '| a\\|b c |        1.0 |',
      '| é      |       12.5 |',
    ].join('\n'),
  );
});

it('writes for a terminal', () => {
  expect(textTable(columns, [['bigram', '35.8']])).toBe(
    ['model   perplexity', '------  ----------', 'bigram        35.8'].join('\n'),
  );
});

it('refuses a row that does not fit', () => {
  expect(() => markdownTable(columns, [['a']])).toThrow('a row of 1 cells: expected 2');
  expect(() => textTable(columns, [['a', 'b', 'c']])).toThrow('a row of 3 cells: expected 2');
});
