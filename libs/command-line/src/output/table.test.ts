import fc from 'fast-check';
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

  it('wraps cells of text where columns do not fit, and keeps numbers whole', () => {
    const rows = [
      ['wte', '38,597,376', 'turns each token into a vector of the model'],
      ['wpe', '786,432', 'adds positions'],
    ];
    const table = textTable({ headings: ['part', 'number of parameters', 'purpose'], rows }, 40);
    expect(table).toBe(
      [
        'part   number of  purpose',
        '      parameters',
        '────  ──────────  ──────────────────────',
        'wte   38,597,376  turns each token into',
        '                  a vector of the model',
        'wpe      786,432  adds positions',
      ].join('\n'),
    );
  });

  it('continues below with the first column where wrapped columns do not fit', () => {
    const rows = [
      ['base', '12,348', '3.134', '22.28'],
      ['heads=1', '12,348', '-', '22.51'],
    ];
    const table = textTable({ headings: ['run', 'parameters', 'valid', 'perplexity'], rows }, 24);
    expect(table).toBe(
      [
        'run      parameters',
        '───────  ──────────',
        'base         12,348',
        'heads=1      12,348',
        '',
        'run      valid',
        '───────  ─────',
        'base     3.134',
        'heads=1      -',
        '',
        'run      perplexity',
        '───────  ──────────',
        'base          22.28',
        'heads=1       22.51',
      ].join('\n'),
    );
  });

  it('fits any width, whatever is in its cells', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 60 }), { minLength: 4, maxLength: 4 }), {
          minLength: 2,
          maxLength: 4,
        }),
        fc.integer({ min: 20, max: 80 }),
        ([headings, ...rows], total) => {
          for (const line of textTable({ headings, rows }, total).split('\n')) {
            expect([...line].length).toBeLessThanOrEqual(total);
          }
        },
      ),
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
