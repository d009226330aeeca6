import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactNumber, linearScale, logScale, valueLabels, type Scale } from './scale.js';

function check(scale: Scale, low: number, high: number): void {
  const { min, max, ticks, label } = scale;
  const slack = 1e-9 * Math.max(Math.abs(low), Math.abs(high));
  expect(min).toBeLessThanOrEqual(low + slack);
  expect(max).toBeGreaterThanOrEqual(high - slack);
  expect(ticks.length).toBeGreaterThanOrEqual(1);
  expect(ticks.length).toBeLessThanOrEqual(14);
  for (const [i, tick] of ticks.entries()) {
    expect(tick).toBeGreaterThanOrEqual(min - slack);
    expect(tick).toBeLessThanOrEqual(max + slack);
    if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1]);
  }
  expect(new Set(ticks.map(label)).size).toBe(ticks.length);
}

/** Log-uniform from 1e-6 to 1e9. */
const positive = fc.double({ min: -6, max: 9, noNaN: true }).map((power) => 10 ** power);

describe('scales', () => {
  it('contain the range, with distinct tick labels, for any numbers', () => {
    fc.assert(
      fc.property(positive, positive, fc.boolean(), fc.boolean(), (start, span, rounded, negative) => {
        const low = negative ? -start : start;
        check(linearScale(low, low + Math.max(span, start * 1e-6), { rounded }), low, low + span);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(positive, fc.double({ min: 0.01, max: 12, noNaN: true }), (low, decades) => {
        check(logScale(low, low * 10 ** decades), low, low * 10 ** decades);
      }),
      { numRuns: 500 },
    );
  });

  it('take round steps', () => {
    expect(linearScale(1.4, 2.2).ticks).toEqual([1.4, 1.6, 1.8, 2, 2.2]);
    expect(linearScale(0, 20000, { count: 9, rounded: false }).ticks.slice(0, 3)).toEqual([0, 2500, 5000]);
    expect(linearScale(0, 3, { whole: true }).ticks).toEqual([0, 1, 2, 3]);
    expect(linearScale(5, 5).ticks).toContain(5);
  });

  it('have logarithmic ticks within a decade', () => {
    expect(logScale(8.1, 35.8).ticks).toEqual([8, 10, 15, 20, 30]);
    expect(logScale(1, 1000).ticks).toEqual([1, 10, 100, 1000]);
    // A little more than seven decades.
    expect(logScale(1.5780225592487267, 1.5780225592487267 * 10 ** 6.603773584905661).ticks).toEqual([
      10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000,
    ]);
    expect(logScale(9, 9.5).ticks.length).toBeGreaterThanOrEqual(3);
  });

  it('format numbers briefly', () => {
    const { ticks, label } = linearScale(0, 20000, { count: 4 });
    expect(ticks.map(label)).toEqual(['0', '5k', '10k', '15k', '20k']);
    expect([950, 12_345, 999_999, 1_052_672, -2e9, 0].map((each) => compactNumber(each))).toEqual([
      '950',
      '12.3k',
      '1M',
      '1.05M',
      '−2B',
      '0',
    ]);
    expect(linearScale(-2, 2, { count: 4 }).label(-2)).toBe('−2');
    expect([35.8, 25, 8.1].map(valueLabels([35.8, 25, 8.1]))).toEqual(['35.8', '25.0', '8.1']);
    expect([1.5341, 2].map(valueLabels([1.5341, 2]))).toEqual(['1.534', '2.000']);
    expect([1_234_567, 3].map(valueLabels([1_234_567, 3]))).toEqual(['1.23M', '3']);
    expect([1, 1e-5, NaN].map(valueLabels([1, 1e-5, NaN]))).toEqual(['1', '1e-5', 'missing']);
  });
});
