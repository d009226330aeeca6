// Table functions against Math, and the normal distribution against published values (Abramowitz and Stegun, 26.1).
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expOfNegative, normalCumulative, normalDensity, tanh } from './functions.js';

it('expOfNegative is within 2e-8 of Math.exp wherever single precision has a number', () => {
  fc.assert(
    fc.property(fc.double({ min: -103, max: 0, noNaN: true }), (x) => {
      expect(Math.abs(expOfNegative(x) / Math.exp(x) - 1)).toBeLessThan(2e-8);
    }),
    { numRuns: 2000 },
  );
  expect([0, -1e9, -Infinity, NaN].map(expOfNegative)).toEqual([1, 0, 0, NaN]);
});

it('tanh', () => {
  fc.assert(
    fc.property(fc.double({ min: -200, max: 200, noNaN: true }), (x) => {
      expect(Math.abs(tanh(x) - Math.tanh(x))).toBeLessThan(3e-8);
    }),
  );
});

it.each([
  [0, 0.5],
  [0.5, 0.691462461274013],
  [1, 0.841344746068543],
  [1.96, 0.97500210485178],
  [3, 0.99865010196837],
  [-2, 0.022750131948179],
  [-4, 3.167124183312e-5],
])('normalCumulative(%d)', (x, expected) => {
  expect(Math.abs(normalCumulative(x) - expected)).toBeLessThan(2e-9);
});

it('the distribution has its ends, and the density is its slope', () => {
  expect([normalCumulative(-40), normalCumulative(40), normalCumulative(NaN)]).toEqual([0, 1, NaN]);
  expect([normalDensity(-40), normalDensity(40), normalDensity(NaN)]).toEqual([0, 0, NaN]);
  fc.assert(
    fc.property(fc.double({ min: -5.9, max: 5.9, noNaN: true }), (x) => {
      const expected = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
      expect(Math.abs(normalDensity(x) - expected)).toBeLessThan(1e-8);
    }),
  );
});
