import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from './random.js';

describe('Random', () => {
  it('is xoshiro128**: the first outputs from the state 1, 2, 3, 4', () => {
    // Computed from the authors' definition with Python's integers.
    const random = Random.from({ key: '', words: [1, 2, 3, 4], spare: null });
    expect(Array.from({ length: 10 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('repeats its numbers from a seed and from any state', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(20), (seed, skipped) => {
        const random = new Random(seed);
        for (let i = 0; i < skipped; i++) random.normal();
        const twin = Random.from(JSON.parse(JSON.stringify(random.state())));
        for (let i = 0; i < 5; i++) {
          expect(twin.normal()).toBe(random.normal());
          expect(twin.uniform()).toBe(random.uniform());
        }
      }),
    );
    expect(new Random(7).uint32()).toBe(new Random('7').uint32());
    expect(new Random(7).uint32()).not.toBe(new Random(8).uint32());
  });

  it('splits by purpose, independent of the numbers drawn before', () => {
    const early = new Random(1).split('dropout');
    const parent = new Random(1);
    parent.uint32();
    expect(parent.split('dropout').uint32()).toBe(early.uint32());
    expect(new Random(1).split('a').uint32()).not.toBe(new Random(1).split('b').uint32());
  });

  it('has the moments of the normal distribution and uniform integers', () => {
    const random = new Random('moments');
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let cubes = 0;
    let fourths = 0;
    for (let i = 0; i < n; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
      cubes += x ** 3;
      fourths += x ** 4;
    }
    // Five standard errors of each moment of a normal distribution.
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(cubes / n)).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(fourths / n - 3)).toBeLessThan(5 * Math.sqrt(96 / n));

    const bins = new Float64Array(7);
    for (let i = 0; i < n; i++) bins[random.integer(7)]++;
    const chiSquare = bins.reduce((total, count) => total + (count - n / 7) ** 2 / (n / 7), 0);
    expect(chiSquare).toBeLessThan(30); // 6 degrees of freedom: passed by chance 99.996 % of the time
  });

  it('keeps uniform numbers and integers within their ranges', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.integer(), (n, seed) => {
        const random = new Random(seed);
        const drawn = random.integer(n);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < n).toBe(true);
        const uniform = random.uniform();
        expect(uniform >= 0 && uniform < 1).toBe(true);
      }),
    );
  });

  it('fills arrays', () => {
    const out = new Float32Array(1000);
    new Random(3).fillUniform(out, 2, 4);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...out)).toBeLessThanOrEqual(4);
    const twin = new Random(3);
    expect(out[0]).toBe(Math.fround(2 + 2 * twin.uniform()));
    new Random(3).fillNormal(out, 10, 0.1);
    expect(Math.abs(out.reduce((a, b) => a + b) / 1000 - 10)).toBeLessThan(0.02);
  });

  it('throws for an invalid seed, range or state', () => {
    expect(() => new Random(0.5)).toThrow(/seed is 0.5\. Expected an integer/);
    expect(() => new Random(1).integer(0)).toThrow(
      /integer\(n\): n is 0\. Expected an integer of at least 1/,
    );
    expect(() => Random.from({ key: 'x', words: [0, 0, 0, 0], spare: null })).toThrow(
      /Expected the result of Random.state/,
    );
    expect(() => Random.from({} as never)).toThrow(/Expected the result of Random.state/);
  });
});
