import { afterEach, expect, it, vi } from 'vitest';
import { openNative } from './open-native.js';
import { describeNative } from './testing/library.js';

describeNative('openNative', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('returns instructions and threads, and may be opened again with another number of threads', () => {
    const { instructions, hasBf16, threads } = openNative({ threads: 1 });
    expect(instructions).toMatch(/^(avx512|avx2|neon|portable)$/);
    expect(hasBf16 && instructions !== 'avx512').toBe(false);
    expect(threads).toBe(1);
    expect(openNative({ threads: 2 }).threads).toBe(2);
    vi.stubEnv('LILFORMER_THREADS', '1');
    expect(openNative().threads).toBe(1);
    vi.unstubAllEnvs();
    openNative();
  });

  it.each([
    ['threads 0', { threads: 0 }, ''],
    ['threads 1.5', { threads: 1.5 }, ''],
    ['LILFORMER_THREADS two', {}, 'two'],
  ])('refuses %s', (given, options, variable) => {
    vi.stubEnv('LILFORMER_THREADS', variable);
    expect(() => openNative(options)).toThrow(`${given}: expected an integer of at least 1`);
  });
});
