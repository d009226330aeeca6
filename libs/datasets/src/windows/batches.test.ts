import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, type BatchOptions, type BatchState } from './batches.js';
import { arraySource } from '../tokens/token-source.js';
import { chunkWindows, slidingWindows, splitWindows, type Batch } from './windows.js';

/** With length 1 and ids that count, a window's number is its input. */
const numbered = (count: number) =>
  slidingWindows(arraySource(Uint32Array.from({ length: count + 1 }, (_, i) => i)), 1);

const rows = (all: Iterable<Batch>) => [...all].map((batch) => [...batch.inputs]);

describe('sequential batches', () => {
  it('contain the windows in order, once', () => {
    expect(rows(batches(numbered(7), { batchSize: 3, order: 'sequential' }))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6],
    ]);
    const full = batches(numbered(7), { batchSize: 3, order: 'sequential', dropLast: true });
    expect(full.batchesPerEpoch).toBe(2);
    expect(rows(full)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('end at the limit', () => {
    expect(rows(batches(numbered(7), { batchSize: 2, order: 'sequential', limit: 2 }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(rows(batches(numbered(3), { batchSize: 2, order: 'sequential', epochs: 5, limit: 3 }))).toEqual([
      [0, 1],
      [2],
      [0, 1],
    ]);
  });
});

describe('shuffled batches', () => {
  it('contain every window once per epoch, in an order that depends on epoch and seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        (count, batchSize, seed) => {
          const all = batches(numbered(count), { batchSize, order: 'shuffled', seed, epochs: 2 });
          const seen = rows(all);
          const perEpoch = Math.ceil(count / batchSize);
          expect(seen).toHaveLength(2 * perEpoch);
          const epochs = [seen.slice(0, perEpoch).flat(), seen.slice(perEpoch).flat()];
          for (const epoch of epochs) {
            expect(epoch.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
          }
          if (count > 50) expect(epochs[0]).not.toEqual(epochs[1]);
        },
      ),
      { numRuns: 50 },
    );
    const order = (seed: number | string) =>
      rows(batches(numbered(100), { batchSize: 100, order: 'shuffled', seed, epochs: 1 }));
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect(order('a')).not.toEqual(order('b'));
  });

  it('drop the last, partial batch on request, with different windows each epoch', () => {
    const all = batches(numbered(10), { batchSize: 4, order: 'shuffled', dropLast: true, epochs: 20 });
    const seen = rows(all);
    expect(seen).toHaveLength(40);
    expect(seen.every((batch) => batch.length === 4)).toBe(true);
    expect(new Set(seen.flat()).size).toBe(10);
  });

  it('cover a corpus too large for an index table', () => {
    const length = 3_000_000_000;
    const source = {
      length,
      read: (offset: number, count: number) => Uint32Array.from({ length: count }, (_, i) => offset + i),
    };
    const { inputs } = batches(slidingWindows(source, 1), { batchSize: 4000, order: 'shuffled' }).next()
      .value!;
    // Compared as unsigned: the numbers pass 2^31.
    const places = Array.from(inputs, (place) => place >>> 0);
    expect(new Set(places).size).toBe(4000);
    const mean = places.reduce((a, b) => a + b) / 4000;
    // Five standard deviations of the mean of 4000 uniform draws.
    expect(Math.abs(mean / length - 0.5)).toBeLessThan(5 / Math.sqrt(12) / Math.sqrt(4000));
  });

  it('stay within their part of a split', () => {
    const [train, valid] = splitWindows(numbered(50), 0.8);
    expect(Math.max(...rows(batches(train, { batchSize: 8, order: 'shuffled', epochs: 1 })).flat())).toBe(39);
    expect(Math.min(...rows(batches(valid, { batchSize: 8, order: 'shuffled', epochs: 1 })).flat())).toBe(40);
  });
});

describe('random batches', () => {
  it('are drawn with replacement, endless without a limit, and reproducible by seed', () => {
    const draw = (seed: number) =>
      rows(batches(numbered(10), { batchSize: 16, order: 'random', seed, limit: 5 }));
    expect(draw(3)).toHaveLength(5);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    expect(new Set(draw(3).map(String)).size).toBe(5);
    expect(new Set(draw(3).flat()).size).toBe(10);
    expect(batches(numbered(10), { batchSize: 16, order: 'random' }).batchesPerEpoch).toBe(Infinity);
  });
});

describe('the saved state', () => {
  const windows = chunkWindows(arraySource(Uint32Array.from({ length: 1000 }, (_, i) => i * 7)), 5);

  it('resumes with identical batches at any position and in any order', () => {
    const order = fc.constantFrom<BatchOptions['order']>('shuffled', 'sequential', 'random');
    fc.assert(
      fc.property(order, fc.boolean(), fc.integer({ min: 0, max: 60 }), (order, dropLast, steps) => {
        const epochs = order === 'random' ? undefined : 9;
        const options: BatchOptions = { batchSize: 32, order, dropLast, epochs, seed: 'place' };
        const uninterrupted = batches(windows, options);
        for (let i = 0; i < steps; i++) uninterrupted.next();
        const saved = JSON.parse(JSON.stringify(uninterrupted.state())) as BatchState;
        const resumed = batches(windows, { ...options, state: saved });
        for (let i = 0; i < 10; i++) expect(resumed.next()).toEqual(uninterrupted.next());
        expect(resumed.state()).toEqual(uninterrupted.state());
      }),
      { numRuns: 60 },
    );
  });

  it('counts epochs', () => {
    const all = batches(windows, { batchSize: 64, order: 'shuffled', epochs: 2 });
    expect(all.batchesPerEpoch).toBe(4);
    const places = [[all.epoch, all.position]];
    for (const _ of all) places.push([all.epoch, all.position]);
    expect(places).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 0],
    ]);
    expect(
      batches(windows, { batchSize: 64, order: 'shuffled', epochs: 2, state: all.state() }).next().done,
    ).toBe(true);
  });

  it('is rejected for different data or options, by name', () => {
    const options: BatchOptions = { batchSize: 32, order: 'shuffled', seed: 1 };
    const state = batches(windows, options).state();
    expect(() => batches(windows, { ...options, batchSize: 16, state })).toThrow(
      'has batchSize 32, now it is 16',
    );
    expect(() => batches(windows, { ...options, seed: 2, state })).toThrow('has seed 1, now it is 2');
    expect(() => batches(numbered(9), { ...options, state })).toThrow('has windows 199, now it is 9');
    expect(() => batches(windows, { ...options, state: { ...state, position: 7 } })).toThrow(
      'epoch 0 position 7, is outside of an epoch of 7 batches',
    );
  });
});

describe('invalid options', () => {
  it('are rejected by name', () => {
    const make = (options: Partial<BatchOptions>) => () =>
      batches(numbered(5), { batchSize: 2, order: 'shuffled', ...options });
    expect(make({ batchSize: 0 })).toThrow('batchSize 0: expected a whole number of at least 1');
    expect(make({ epochs: 1.5 })).toThrow('epochs 1.5');
    expect(make({ limit: -1 })).toThrow('limit -1');
    expect(make({ order: 'sorted' as 'random' })).toThrow('order "sorted": expected');
    expect(make({ order: 'random', epochs: 2 })).toThrow('random order has none');
    expect(make({ batchSize: 6, dropLast: true })).toThrow('5 windows make no batch of 6');
    expect(() => batches(splitWindows(numbered(5), 1)[1], { batchSize: 1, order: 'random' })).toThrow(
      '0 windows',
    );
  });
});
