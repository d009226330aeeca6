import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digits, geometricMean, percent, table, times } from './table.js';

describe('table', () => {
  it('aligns columns, the first to the left', () => {
    expect(
      table(
        ['workload', 'ms'],
        [
          ['evolution-gpt', '147'],
          ['rnn', undefined],
        ],
      ),
    ).toBe(
      [
        '| workload      |  ms |',
        '| ------------- | --: |',
        '| evolution-gpt | 147 |',
        '| rnn           |   – |',
      ].join('\n'),
    );
  });
});

describe('geometricMean', () => {
  it('is the n-th root of the product', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
    expect(geometricMean([1, 10, 100])).toBeCloseTo(10, 12);
    expect(geometricMean([])).toBeUndefined();
  });

  it('of inverses is the inverse', () => {
    const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(positive, { minLength: 1, maxLength: 20 }), (values) => {
        const inverse = geometricMean(values.map((value) => 1 / value))!;
        expect(geometricMean(values)! * inverse).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('numbers', () => {
  it('have at least three significant digits', () => {
    const shown = [0, 0.0001234, 0.01234, 1.234, 12.34, 99.96, 123.4, 999.6, 1234.5].map(digits);
    expect(shown).toEqual(['0', '0.000123', '0.0123', '1.23', '12.3', '100.0', '123', '1,000', '1,235']);
  });

  it('are rounded by at most half a percent', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e9, noNaN: true }), (value) => {
        const shown = Number(digits(value)!.replaceAll(',', ''));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(value * 0.0051);
      }),
    );
  });

  it('format factors and shares', () => {
    expect(times(2.344)).toBe('2.34×');
    expect(percent(0.606)).toBe('61 %');
    expect([digits, times, percent].map((show) => show(undefined))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
