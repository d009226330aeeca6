// Roles of constructed heads, and measures of reference models computed by hand.
import type { Batch } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { headMeasures, headRole, headTable, measureHeads, type HeadRole } from './heads.js';
import { stripesOf } from './stripes.js';
import { floats, goldenModel, goldenTensors, idRows } from '../testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

const LENGTH = 24;
const MARKS = [3, 9, 15];

/** A causal matrix of positive scores, normalized so that each row sums to 1. */
function attending(score: (query: number, key: number) => number, length = LENGTH): number[][] {
  return Array.from({ length }, (_, i) => {
    const row = Array.from({ length }, (_, j) => (j <= i ? score(i, j) : 0));
    const sum = row.reduce((total, each) => total + each, 0);
    return row.map((each) => each / sum);
  });
}

const KINDS: Readonly<Record<HeadRole, (i: number, j: number) => number>> = {
  previous: (i, j) => (i - j === 1 ? 20 : 0.2),
  itself: (i, j) => (i === j ? 20 : 0.2),
  first: (_, j) => (j === 0 ? 20 : 0.2),
  stripes: (_, j) => (MARKS.includes(j) ? 20 : 0.2),
  even: () => 1,
  nearby: (i, j) => Math.exp(-(i - j) / 2.5),
  mixed: (i, j) => (i - j > 8 ? 3 : i - j < 3 ? 2.2 : 0.1),
};

describe('the role of a head', () => {
  it.each(Object.keys(KINDS) as HeadRole[])('is %s for a constructed head with noise', (role) => {
    const random = new Random(role);
    const noisy = attending((i, j) => KINDS[role](i, j) * (0.8 + 0.4 * random.uniform()));
    expect(headRole(headMeasures(noisy))).toBe(role);
  });

  it('follows the documented thresholds', () => {
    const none = {
      previous: 0,
      itself: 0,
      first: 0,
      nearby: 0,
      stripes: 0,
      entropy: 0,
      evenness: 0,
      distance: 0,
    };
    expect(headRole({ ...none, previous: 0.4, itself: 0.39 })).toBe('previous');
    expect(headRole({ ...none, previous: 0.41, stripes: 0.5 })).toBe('stripes');
    expect(headRole({ ...none, first: 0.399, evenness: 0.9 })).toBe('even');
    expect(headRole({ ...none, itself: 0.3, previous: 0.2, nearby: 0.1, evenness: 0.89 })).toBe('nearby');
    expect(headRole({ ...none, itself: 0.3, previous: 0.2, nearby: 0.09 })).toBe('mixed');
  });
});

describe('the measures', () => {
  it('of uniform attention are those of the harmonic series', () => {
    const measures = headMeasures(attending(() => 1));
    let shares = 0;
    let entropy = 0;
    let distance = 0;
    for (let i = 2; i < LENGTH; i++) {
      shares += 1 / (i + 1) / (LENGTH - 2);
      entropy += Math.log(i + 1) / (LENGTH - 2);
      distance += i / 2 / (LENGTH - 2);
    }
    expect(measures.previous).toBeCloseTo(shares, 12);
    expect(measures.first).toBeCloseTo(shares, 12);
    expect(measures.itself).toBeCloseTo(shares, 12);
    expect(measures.entropy).toBeCloseTo(entropy, 12);
    expect(measures.evenness).toBeCloseTo(1, 12);
    expect(measures.distance).toBeCloseTo(distance, 12);
    expect(measures.stripes).toBe(0);
  });

  it('stay between 0 and 1, and shares of distinct tokens add up to at most 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.integer(), (length, seed) => {
        const random = new Random(seed);
        const measures = headMeasures(attending(() => random.uniform() ** 4 + 1e-9, length));
        for (const each of [measures.previous, measures.stripes, measures.nearby, measures.evenness]) {
          expect(each).toBeGreaterThanOrEqual(0);
          expect(each).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(measures.previous + measures.first + measures.itself + measures.nearby).toBeLessThanOrEqual(
          1 + 1e-9,
        );
        expect(measures.previous + measures.first + measures.itself + measures.stripes).toBeLessThanOrEqual(
          1 + 1e-9,
        );
      }),
    );
  });

  it('finds stripes, but no single queries and no neighbors', () => {
    expect(stripesOf(attending(KINDS.stripes)).map(({ position }) => position)).toEqual(MARKS);
    expect(stripesOf(attending(KINDS.nearby))).toEqual([]);
    expect(stripesOf(attending(KINDS.first))).toEqual([]);
    const once = attending((i, j) => (i === 23 && j === 5 ? 5000 : 1));
    expect(once[23][5]).toBeGreaterThan(0.9);
    expect(stripesOf(once)).toEqual([]);
  });

  it('rejects fewer than three tokens', () => {
    expect(() => headMeasures([[1], [0.5, 0.5]])).toThrow('of 2 tokens. Expected at least 3');
  });
});

for (const [folder, type] of [
  ['evolution/09_multihead', 'multi-head-transformer'],
  ['tiny_transformer', 'tiny-transformer'],
] as const) {
  describe(`heads of ${folder}`, () => {
    it('equal those of the reference attention', async () => {
      const before = tf.memory().numTensors;
      const model = await goldenModel(folder, type);
      const io = await goldenTensors(folder, 'io.safetensors');
      const rows = idRows(io.get('input_ids')!);
      const batch: Batch = {
        inputs: Int32Array.from(rows.flat()),
        targets: new Int32Array(),
        batch: rows.length,
        length: rows[0].length,
      };
      const reports = await measureHeads(model, [batch]);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
      for (const report of reports) {
        const weights = floats(io.get(`attn.${report.layer}`));
        const [, heads, length] = io.get(`attn.${report.layer}`)!.shape;
        let previous = 0;
        let count = 0;
        rows.forEach((_, row) => {
          for (let i = 2; i < length; i++, count++) {
            previous += weights[((row * heads + report.head) * length + i) * length + i - 1];
          }
        });
        expect(report.previous).toBeCloseTo(previous / count, 5);
      }
      expect(reports).toHaveLength(
        io.get('attn.0')!.shape[1] * [...io.keys()].filter((k) => k.startsWith('attn.')).length,
      );
      const { headings, rows: cells } = headTable(reports);
      expect(cells).toHaveLength(reports.length);
      expect(cells[0][headings.indexOf('role')]).toBe(reports[0].role);
      expect(cells.every((row) => row.length === headings.length)).toBe(true);
    });
  });
}

it('rejects a model without attention, and empty batches', async () => {
  const model = createModel({ type: 'bigram', vocabSize: 4, dModel: 2 }, new Random(0));
  const batch = { inputs: Int32Array.of(0, 1, 2), batch: 1, length: 3 };
  await expect(measureHeads(model, [batch])).rejects.toThrow('BigramLM: has no attention weights');
  await expect(measureHeads(model, [])).rejects.toThrow('batches: are empty');
  model.dispose();
});
