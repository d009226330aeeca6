import { describe, expect, it } from 'vitest';
import { growth, type Sample } from './steady-growth.js';

/** Twenty samples of a process that breathes by 3 MB, changed by `more`. */
const samples = (more: (i: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 20 }, (_, i) => ({
    step: 200 + 500 * i,
    resident: 100e6 + (i % 4) * 1e6,
    heap: 20e6 + (i % 3) * 5e6,
    tensors: 40,
    tensorBytes: 1e6,
    pool: 5e6,
    ...more(i),
  }));

describe('growth', () => {
  it('is none in what breathes', () => {
    expect(
      growth(
        samples(() => ({})),
        1e6,
      ),
    ).toEqual([]);
    expect(
      growth(
        samples(() => ({ pool: undefined })),
        1e6,
      ),
    ).toEqual([]);
  });

  it('is seen when a tensor stays behind', () => {
    expect(
      growth(
        samples((i) => ({ tensors: i < 15 ? 40 : 41 })),
        1e6,
      ),
    ).toEqual(['tensors: 40 at step 200, 41 at step 7700']);
    expect(
      growth(
        samples((i) => ({ tensorBytes: 1e6 + 4 * i })),
        1e6,
      ),
    ).toEqual(['tensorBytes: 1000000 at step 200, 1000004 at step 700']);
  });

  it('is seen when blocks stay behind in the pool, which breathes with what experts get', () => {
    expect(
      growth(
        samples((i) => ({ pool: 5e6 + (i % 3) * 0.2e6 })),
        1e6,
      ),
    ).toEqual([]);
    expect(
      growth(
        samples((i) => ({ pool: 5e6 + i * 0.1e6 })),
        1e6,
      ),
    ).toEqual(['pool: 5.6 MB at first, 6.9 MB at last, tolerance 0.6 MB']);
  });

  it('is seen when the process grows by more than is allowed', () => {
    const leak = samples((i) => ({ resident: 100e6 + (i % 4) * 1e6 + i * 0.5e6 }));
    expect(growth(leak, 5e6)).toEqual(['process: 100.0 MB at first, 107.5 MB at last, tolerance 5.0 MB']);
    expect(growth(leak, 9e6)).toEqual([]);
  });
});
