import { Random } from '@lilformer/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, sampleToken, softmax, topTokens } from './sample.js';
import { filterLogits, type Filters } from './filters.js';

const rowOfLogits = fc
  .array(fc.oneof(fc.float({ min: -9, max: 9, noNaN: true }), fc.constantFrom(0, 2, -Infinity)), {
    minLength: 1,
    maxLength: 40,
  })
  .filter((values) => values.some((value) => value > -Infinity))
  .map((values) => new Float32Array(values));

const filters: fc.Arbitrary<Filters> = fc.record(
  {
    temperature: fc.double({ min: 0, max: 4, noNaN: true }),
    topK: fc.integer({ min: 1, max: 50 }),
    topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
  },
  { requiredKeys: [] },
);

describe('sampleToken', () => {
  it('samples only tokens that the filters keep, with one random number', () => {
    fc.assert(
      fc.property(rowOfLogits, filters, fc.integer(), (row, settings, seed) => {
        const random = new Random(seed);
        const id = sampleToken(row, settings, random);
        const after = new Random(seed);
        after.uniform();
        expect(random.state()).toEqual(after.state());
        if ((settings.temperature ?? 1) < 1e-6) expect(row[id] === Math.max(...row)).toBe(true);
        else expect(filterLogits(row, settings)[id]).toBeGreaterThan(-Infinity);
      }),
    );
  });

  it('is greedy at temperature 0, top-k 1 without ties, and a very small temperature', () => {
    const row = new Float32Array([0.1, -4, 3.5, 3.4, -Infinity]);
    for (const settings of [{ temperature: 0 }, { topK: 1 }, { topP: 1e-9 }, { temperature: 1e-30 }]) {
      for (let seed = 0; seed < 20; seed++) expect(sampleToken(row, settings, new Random(seed))).toBe(2);
    }
  });

  it('samples each token in proportion to its probability', () => {
    // Pearson's chi-squared test: with 5 degrees of freedom 20.5 is passed once in a thousand.
    const row = new Float32Array([1, 0, -1, 2, 0.5, -Infinity, 1.2]);
    const settings = { temperature: 1.3 };
    const expected = softmax(filterLogits(row, settings));
    const counts = new Array<number>(row.length).fill(0);
    const random = new Random('chi-squared');
    const draws = 20_000;
    for (let i = 0; i < draws; i++) counts[sampleToken(row, settings, random)]++;
    let statistic = 0;
    counts.forEach((count, id) => {
      if (expected[id] === 0) expect(count).toBe(0);
      else statistic += (count - draws * expected[id]) ** 2 / (draws * expected[id]);
    });
    expect(statistic).toBeLessThan(20.5);
  });

  it('names logits that are NaN or infinite', () => {
    const random = new Random(0);
    expect(() => sampleToken(new Float32Array([0, NaN, 1]), {}, random)).toThrow('logit 1 is NaN');
    expect(() => sampleToken(new Float32Array([0, Infinity]), {}, random)).toThrow('logit 1 is Infinity');
    expect(() => sampleToken(new Float32Array(3).fill(-Infinity), {}, random)).toThrow('all 3 logits');
    expect(() => sampleToken(new Float32Array([NaN]), { temperature: 0 }, random)).toThrow('NaN');
  });
});

describe('topTokens', () => {
  it('returns the k most likely tokens in order with their probabilities, ties by id', () => {
    fc.assert(
      fc.property(rowOfLogits, fc.integer({ min: 1, max: 50 }), (row, k) => {
        const probabilities = softmax(row);
        const all = [...row.keys()].sort((a, b) => row[b] - row[a] || a - b);
        expect(topTokens(row, k)).toEqual(
          all.slice(0, k).map((id) => ({ id, probability: probabilities[id] })),
        );
      }),
    );
  });

  it('throws when k is not a positive integer', () => {
    expect(() => topTokens(new Float32Array(3), 0)).toThrow('expected an integer of at least 1');
    expect(() => topTokens(new Float32Array(3), 1.5)).toThrow('topTokens, k = 1.5');
  });
});

describe('softmax and argmax', () => {
  it('sum to 1, follow the order of the logits and ignore a shift', () => {
    fc.assert(
      fc.property(rowOfLogits, (row) => {
        const probabilities = softmax(row);
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10);
        const shifted = softmax(row.map((logit) => logit + 64));
        for (const id of row.keys()) expect(shifted[id]).toBeCloseTo(probabilities[id], 4);
        expect(argmax(row)).toBe(row.indexOf(Math.max(...row)));
      }),
    );
  });
});
