import { describe, expect, it } from 'vitest';
import { markdownTable, textTable } from './table.js';

const headings = ['model', 'parameters', 'note'];

describe('a table', () => {
  it('stands in columns on a terminal, numbers at the right', () => {
    expect(
      textTable({ headings, rows: [['bigram', '1,052,672', 'a|b'], ['größer'], ['moe', '-', 'two\nlines']] }),
    ).toBe(
      [
        'model   parameters  note',
        '──────  ──────────  ─────────',
        'bigram   1,052,672  a|b',
        'größer',
        'moe              -  two lines',
      ].join('\n'),
    );
  });

  it('is a table of Markdown, whatever is in its cells', () => {
    const rows = [['bigram', '1,052,672', 'a|b'], ['größer'], ['moe', '-', 'two\nlines\\']];
    expect(markdownTable({ headings, rows })).toBe(
      [
        '| model | parameters | note |',
        '| --- | ---: | --- |',
        '| bigram | 1,052,672 | a\\|b |',
        '| größer |  |  |',
        '| moe | - | two lines\\\\ |',
      ].join('\n'),
    );
  });

  it.each(['3', '1,234.5', '-0.2', '−0.2', '+1e-3', '12 %', '1.50×', '3m02s', '41s'])(
    'takes %s for a number',
    (cell) => {
      expect(markdownTable({ headings: ['x'], rows: [[cell]] })).toContain('---:');
    },
  );
});
