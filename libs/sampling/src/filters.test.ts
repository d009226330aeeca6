import { parseSafetensors, toFloat32 } from '@lilformer/checkpoints';
import {
  describeGolden,
  golden,
  goldenJson,
  largestDifference,
  relativeDifference,
} from '@lilformer/testing';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { softmax } from './draw.js';
import { applyTemperature, applyTopK, applyTopP, filterLogits, kthLargest } from './filters.js';

const WARPERS = 'hf/gpt2/warpers.safetensors';

interface WarperCase {
  index: number;
  temperature?: number;
  top_k?: number;
  top_p?: number;
  [other: string]: number | undefined;
}

describeGolden("Hugging Face's warpers", golden(WARPERS), () => {
  const { cases } = goldenJson<{ cases: WarperCase[] }>('hf/gpt2/warpers.json');
  const { tensors } = parseSafetensors(readFileSync(golden(WARPERS)));
  const rowsOf = (name: string): Float32Array[] => {
    const array = tensors.get(name)!;
    const [rows, width] = array.shape;
    const data = toFloat32(array);
    return Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width));
  };
  const ours = cases.filter((one) =>
    Object.keys(one).every((key) => ['index', 'temperature', 'top_k', 'top_p'].includes(key)),
  );

  it('covers each filter alone and all together', () => {
    const named = (key: string) => ours.filter((one) => one[key] !== undefined).length;
    expect(Math.min(named('temperature'), named('top_k'), named('top_p'))).toBeGreaterThan(1);
    expect(ours.some((one) => Object.keys(one).length === 4)).toBe(true);
  });

  it.each(ours)('$index: temperature $temperature, top_k $top_k, top_p $top_p', (one) => {
    const filters = { temperature: one.temperature, topK: one.top_k, topP: one.top_p };
    const logits = rowsOf('logits');
    const processed = rowsOf(`processed.${one.index}`);
    const probabilities = rowsOf(`probabilities.${one.index}`);
    logits.forEach((row, i) => {
      let mine = filterLogits(row, filters);
      let theirs = processed[i];
      let theirProbabilities = probabilities[i];
      let myProbabilities = new Float32Array(softmax(mine));
      if (one.top_p !== undefined && new Set(row).size < row.length) {
        // Which of several equal logits top-p removes is up to the sort: compare without their places.
        [mine, theirs] = [mine.slice().sort(), theirs.slice().sort()];
        [myProbabilities, theirProbabilities] = [myProbabilities.sort(), theirProbabilities.slice().sort()];
      }
      expect(largestDifference(finite(mine), finite(theirs))).toBeLessThan(1e-5);
      expect(mine.map(removed)).toEqual(theirs.map(removed));
      expect(relativeDifference(myProbabilities, theirProbabilities)).toBeLessThan(1e-5);
    });
  });
});

const removed = (logit: number): number => (logit === -Infinity ? 1 : 0);
const finite = (logits: Float32Array): Float32Array => logits.filter((logit) => logit !== -Infinity);

/** Rows with many ties and some removed tokens, which is where filters go wrong. */
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
  it('leave the row they are given as it was', () => {
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

  it('top-k keeps k tokens and those tied with the k-th, each at least as likely as any removed', () => {
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

  it('top-p keeps the fewest likeliest tokens whose probabilities reach p', () => {
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

  it('does nothing where a filter is left out or lets all through', () => {
    fc.assert(
      fc.property(rowOfLogits, (row) => {
        expect(filterLogits(row, {})).toEqual(row);
        expect(filterLogits(row, { temperature: 1, topK: row.length, topP: 1 })).toEqual(row);
      }),
    );
  });

  it('finds the k-th largest of any values', () => {
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
