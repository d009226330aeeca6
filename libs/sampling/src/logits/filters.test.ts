import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softmax } from './sample.js';
import { applyTemperature, applyTopK, applyTopP, filterLogits, kthLargest } from './filters.js';

/** Logits with many ties and some removed tokens. */
const rowOfLogits = fc
  .array(
    fc.oneof(
      fc.float({ min: -20, max: 20, noNaN: true }),
      fc.constantFrom(-3, 0, 1, 1.5),
      fc.constant(-Infinity),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .filter((values) => values.some((value) => value > -Infinity))
  .map((values) => new Float32Array(values));

const kept = (row: Float32Array): number[] => [...row.keys()].filter((id) => row[id] > -Infinity);

describe('filters', () => {
  it('do not modify their input', () => {
    fc.assert(
      fc.property(rowOfLogits, fc.integer({ min: 1, max: 70 }), (row, k) => {
        const before = row.slice();
        applyTemperature(row, 0.5);
        applyTopK(row, k);
        applyTopP(row, 0.7);
        filterLogits(row, { temperature: 2, topK: k, topP: 0.5 });
        expect(row).toEqual(before);
      }),
    );
  });

  it('top-k keeps the k most likely tokens and those tied with the k-th', () => {
    fc.assert(
      fc.property(rowOfLogits, fc.integer({ min: 1, max: 70 }), (row, k) => {
        const possible = kept(row).length;
        const left = new Set(kept(applyTopK(row, k)));
        expect(left.size).toBeGreaterThanOrEqual(Math.min(k, possible));
        const smallest = Math.min(...[...left].map((id) => row[id]));
        for (const id of row.keys()) expect(row[id] >= smallest && row[id] > -Infinity).toBe(left.has(id));
        expect([...left].filter((id) => row[id] > smallest).length).toBeLessThan(Math.min(k, possible));
      }),
    );
  });

  it('top-p keeps the fewest most likely tokens whose probabilities reach p', () => {
    fc.assert(
      fc.property(rowOfLogits, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (row, p) => {
        const probabilities = softmax(row);
        const left = kept(applyTopP(row, p));
        const sum = left.reduce((total, id) => total + probabilities[id], 0);
        expect(left.length).toBeGreaterThan(0);
        expect(sum).toBeGreaterThan(p - 1e-9);
        const smallest = Math.min(...left.map((id) => row[id]));
        expect(sum - Math.min(...left.map((id) => probabilities[id]))).toBeLessThan(p + 1e-9);
        const gone = kept(row).filter((id) => !left.includes(id));
        for (const id of gone) expect(row[id]).toBeLessThanOrEqual(smallest);
      }),
    );
  });

  it('filterLogits changes nothing without filters, or with filters that keep all', () => {
    fc.assert(
      fc.property(rowOfLogits, (row) => {
        expect(filterLogits(row, {})).toEqual(row);
        expect(filterLogits(row, { temperature: 1, topK: row.length, topP: 1 })).toEqual(row);
      }),
    );
  });

  it('kthLargest finds the k-th largest value', () => {
    fc.assert(
      fc.property(
        rowOfLogits.chain((row) => fc.tuple(fc.constant(row), fc.integer({ min: 1, max: row.length }))),
        ([row, k]) => {
          expect(kthLargest(row, k) + 0).toBe([...row].sort((a, b) => b - a)[k - 1] + 0); // -0 is 0
        },
      ),
    );
  });
});
