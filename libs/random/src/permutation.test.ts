import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Permutation } from './permutation.js';

describe('Permutation', () => {
  it('is a bijection for every length and seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.string(), (length, seed) => {
        const permutation = new Permutation(length, seed);
        const seen = new Set(Array.from({ length }, (_, i) => permutation.at(i)));
        expect(seen.size).toBe(length);
        for (const value of seen) expect(value >= 0 && value < length).toBe(true);
      }),
    );
  });

  it('maps each position to each value about equally often', () => {
    const length = 10;
    const counts = Array.from({ length }, () => new Float64Array(length));
    const seeds = 5000;
    for (let seed = 0; seed < seeds; seed++) {
      const permutation = new Permutation(length, seed);
      for (let i = 0; i < length; i++) counts[i][permutation.at(i)]++;
    }
    const expected = seeds / length;
    for (const row of counts) {
      const chiSquare = row.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(45); // 9 degrees of freedom
    }
  });

  it('depends on the seed, for lengths that exceed memory too', () => {
    const length = 2 ** 45 + 11;
    const permutation = new Permutation(length, 'far');
    const positions = [0, 1, 2 ** 32, 2 ** 45, length - 1];
    const values = positions.map((position) => permutation.at(position));
    expect(new Set(values).size).toBe(positions.length);
    for (const value of values) expect(value >= 0 && value < length).toBe(true);
    expect(new Permutation(length, 'far').at(12345)).toBe(permutation.at(12345));
    expect(new Permutation(length, 'near').at(12345)).not.toBe(permutation.at(12345));
  });

  it('throws for invalid lengths and positions', () => {
    expect(() => new Permutation(-1, 0)).toThrow(/length is -1/);
    expect(() => new Permutation(5, 0).at(5)).toThrow(/position is 5\. Expected an integer from 0 to 4/);
    expect(() => new Permutation(5, 0).at(0.5)).toThrow(/position is 0.5/);
  });
});
