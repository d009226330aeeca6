import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { workOf } from './kernel-work.js';
import { outside, Profiler, total } from './profile.js';

const busy = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

describe('a profile', () => {
  beforeAll(async () => {
    await openEngine({ engine: 'cpu' });
  });

  it('tells phases, operations and what is outside of them apart', () => {
    // What a backend with functions of its own looks like; one of them calls the other.
    const kernels = {
      inner: (_rows: number) => busy(5),
      outer: (rows: number) => {
        busy(10);
        wrapped().inner(rows);
      },
    };
    const backend = tf.backend() as unknown as { kernels: typeof kernels };
    const wrapped = (): typeof kernels => backend.kernels;
    backend.kernels = kernels;
    const profiler = new Profiler();
    wrapped().outer(1); // not recorded
    profiler.phase('forward');
    busy(20);
    wrapped().outer(3);
    wrapped().outer(4);
    profiler.phase('backward');
    tf.add([1, 2], [3, 4]).dispose();
    const profile = profiler.take();

    const row = (operation: string, sizes: string) =>
      profile.rows.find((one) => one.operation === operation && one.sizes === sizes);
    expect(row('native:outer', '3')).toMatchObject({ phase: 'forward', calls: 1 });
    expect(row('native:inner', '4')).toMatchObject({ phase: 'forward', calls: 1 });
    expect(row('tf:Add', '2 2')).toMatchObject({ phase: 'backward', calls: 1 });
    // Time is told only from below: whoever else is on the machine can make it longer.
    expect(row('native:outer', '3')!.ms).toBeGreaterThan(9);
    expect(row('native:inner', '3')!.ms).toBeGreaterThan(4.5);
    expect(outside(profile, 'forward')).toBeGreaterThan(19);
    expect(profile.phases.get('forward')).toBeGreaterThan(49);
    const inside = profile.rows.reduce((sum, { ms }) => sum + ms, 0);
    expect(inside + outside(profile, 'forward') + outside(profile, 'backward')).toBeCloseTo(
      total(profile),
      6,
    );
    expect(profiler.take().rows).toEqual([]);
  });
});

describe('the work of a call', () => {
  const floats = (size: number): Float32Array => new Float32Array(size);

  it('is that of its matrix products, and the bytes of its arrays', () => {
    // 2 multiply-adds' operations for each of 6 · 4 · 5 elements
    const [x, w, y] = [floats(24), floats(20), floats(30)];
    const forward = workOf('linearForward', [x, w, undefined, y, undefined, 6, 4, 5, 3]);
    expect(forward).toEqual({ sizes: '6 × 4 → 5', flops: 240, bytes: 4 * 74 });
    const backward = (dx?: Float32Array, dw?: Float32Array) =>
      workOf('linearBackward', [y, x, w, undefined, dx, dw, undefined, 6, 4, 5, 3]).flops;
    expect(backward(x, w)).toBe(480);
    expect(backward(undefined, w)).toBe(240);
    // With both gradients in the same call three products, without them one.
    const head = [x, w, undefined, new Int32Array(6)];
    expect(workOf('linearCrossEntropy', [...head, x, w, undefined, 6, 4, 5, -100, 1]).flops).toBe(720);
    expect(
      workOf('linearCrossEntropy', [...head, undefined, undefined, undefined, 6, 4, 5, -100, 1]).flops,
    ).toBe(240);
    const cache = floats(64 * 8);
    const cached = (length: number) =>
      workOf('cachedAttention', [floats(8), cache, cache, undefined, floats(8), 1, 2, 1, length, 64, 4, 0.5]);
    expect(cached(10)).toEqual({ sizes: '1 × 1 new, 2 heads of 4', flops: 4 * 8 * 10, bytes: 4 * 8 * 22 });
    expect(cached(11).sizes).toBe(cached(10).sizes);
    const two = new Int32Array(2);
    expect(workOf('matmul', [x, w, undefined, y, two, two, 2, 1, 6, 5, 4, false, true, 0]).flops).toBe(480);
  });

  it('adds up to what the workloads count: attention 12 · B · T² · C a layer, a GRU 6 · 3H(in + H) a token', () => {
    const q = floats(1);
    const all = [q, undefined, q, q, 2, 3, 16, 8, true, 0.35, 0, 123456789123, 5];
    const attention =
      workOf('attentionPackedForward', all).flops + workOf('attentionPackedBackward', [q, ...all]).flops;
    expect(attention).toBe(12 * 2 * 16 ** 2 * (3 * 8));
    const sizes = [4, 10, 6, 32, 2];
    const gru = workOf('recurrentForward', sizes).flops + workOf('recurrentBackward', sizes).flops;
    expect(gru).toBe(6 * 3 * 32 * (6 + 32) * 4 * 10);
  });

  it('of anything else is its arrays', () => {
    expect(workOf('sumOfSquares', [[floats(1000), floats(500)]])).toEqual({
      sizes: '2 arrays, 1,500 numbers',
      flops: 0,
      bytes: 6000,
    });
    expect(workOf('layerNormForward', [floats(8), floats(8), 2, 4, 1e-5])).toEqual({
      sizes: '2 4',
      flops: 0,
      bytes: 64,
    });
  });
});
