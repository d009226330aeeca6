// The kernels in Chromium: in a worker of a page that is cross-origin isolated, with two threads, and of one that is not.
import { resolve } from 'node:path';
import { browserName, openPage, servePage, type Served } from '@lilformer/testing/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWasm } from './open.js';

const project = resolve(import.meta.dirname, '..');

/** What the page's worker computes: a product of many rows, which all threads share. */
const PROGRAM = `
  import { openWasm } from './src/index.ts';
  const size = 256;
  const { kernels, threads, variant } = await openWasm({ threads: 2 });
  const numbers = (seed) => Float32Array.from({ length: size * size }, (_, i) => Math.sin(i * seed));
  const y = new Float32Array(size * size);
  const sizes = { rows: size, inputs: size, outputs: size };
  for (let i = 0; i < 20; i++)
    kernels.linearForward({ x: numbers(1), weight: numbers(2), y, ...sizes, activation: 1, bf16: false });
  let error = '';
  try {
    kernels.linearForward({ x: numbers(1), weight: y, y, ...sizes, activation: 1, bf16: false });
  } catch (thrown) {
    error = thrown.message;
  }
  postMessage({ threads, variant, error, y: [...y] });
`;

describe.skipIf(!browserName)('in Chromium', () => {
  let served: Served;

  beforeAll(async () => {
    served = await servePage({
      program: PROGRAM,
      script: `
        window.result = new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        });`,
      folder: project,
      path: 'dist/program.js',
    });
  });

  afterAll(() => served.close());

  it.each([
    ['isolated', '', 2],
    ['not isolated', '?shared=no', 1],
  ])('a page that is %s gets the same numbers as Node', async (_, query, threads) => {
    const page = await openPage(served.address + query);
    const result = await page.evaluate<{ threads: number; variant: string; error: string; y: number[] }>(
      'window.result',
    );
    page.close();
    expect(result.threads).toBe(threads);
    expect(result.error).toBe('an output array shares memory with another argument');
    const size = 256;
    const numbers = (seed: number): Float32Array =>
      Float32Array.from({ length: size * size }, (_, i) => Math.sin(i * seed));
    const y = new Float32Array(size * size);
    const { kernels, variant } = await openWasm();
    const sizes = { rows: size, inputs: size, outputs: size };
    kernels.linearForward({ x: numbers(1), weight: numbers(2), y, ...sizes, activation: 1, bf16: false });
    // Relaxed SIMD rounds once where simd128 rounds twice.
    if (variant === result.variant) expect(result.y).toEqual([...y]);
    else result.y.forEach((value, i) => expect(Math.abs(value - y[i])).toBeLessThan(1e-3));
  });
});
