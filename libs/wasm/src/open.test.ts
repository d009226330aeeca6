import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Kernels } from '@lilformer/kernels';
import { describe, expect, it, vi } from 'vitest';
import { kernelsOf } from './calls.js';
import { Instance } from './instance.js';
import { unshared, variantToUse, VARIANTS } from './module.js';
import { openWasm } from './open.js';

const binary = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL('../prebuilt/simd128.wasm', import.meta.url)));

/** An instance with memory of its own, of this many pages of 64 KB. */
function instanceOf(pages: number, shared: boolean): { instance: Instance; kernels: Kernels } {
  const module = new WebAssembly.Module(shared ? binary() : unshared(binary()));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  const instance = new Instance(module, memory);
  return { instance, kernels: kernelsOf(instance) };
}

const relu = (kernels: Kernels, x: Float32Array): number[] => {
  const y = new Float32Array(x.length);
  kernels.activationForward({ x, y, kind: 0 });
  return [...y];
};

describe('openWasm', () => {
  it('takes the fastest variant that runs here, or the one that is named', async () => {
    const relaxed = Number(process.versions.node.split('.')[0]) >= 22;
    expect(variantToUse(undefined)).toBe(relaxed ? 'relaxed-simd' : 'simd128');
    expect(variantToUse('simd128')).toBe('simd128');
    expect(() => variantToUse('mvp')).toThrow(
      'variant "mvp": unknown. Expected one of relaxed-simd, simd128.',
    );
    const { variant } = await openWasm({ threads: 1 });
    const other = VARIANTS.find((each) => each !== variant)!;
    const refused = relaxed ? 'a process opens one of them' : 'not supported by this machine';
    await expect(openWasm({ variant: other })).rejects.toThrow(refused);
  });

  it('changes the number of threads', async () => {
    expect((await openWasm({ threads: 1 })).threads).toBe(1);
    expect((await openWasm({ threads: 2 })).threads).toBe(2);
    vi.stubEnv('LILFORMER_THREADS', '1');
    expect((await openWasm()).threads).toBe(1);
    vi.unstubAllEnvs();
  });

  it.each([
    ['threads 0', { threads: 0 }, ''],
    ['threads 1.5', { threads: 1.5 }, ''],
    ['LILFORMER_THREADS two', {}, 'two'],
  ])('refuses %s', async (given, options, variable) => {
    vi.stubEnv('LILFORMER_THREADS', variable);
    await expect(openWasm(options)).rejects.toThrow(`${given}: expected an integer of at least 1`);
    vi.unstubAllEnvs();
  });

  it('refuses unknown options with the known ones', async () => {
    await expect(openWasm({ thread: 2 } as never)).rejects.toThrow(
      'thread: unknown option. Expected one of threads, variant.',
    );
  });

  it('lets the process end while its threads wait', () => {
    const program = `
      import { openWasm } from '@lilformer/wasm';
      console.log((await openWasm({ threads: 3 })).threads);`;
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--conditions=@lilformer/source', '--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: import.meta.dirname, encoding: 'utf8', timeout: 60_000 },
    );
    expect([stdout, status]).toEqual(['3\n', 0]);
  });
});

describe.each([true, false])('an instance with shared memory: %s', (shared) => {
  const { instance, kernels } = instanceOf(512, shared);

  it('copies arrays of other memory, and uses its own in place', () => {
    const x = Float32Array.of(-1, 2, -3, 4);
    expect(relu(kernels, x)).toEqual([0, 2, 0, 4]);
    expect(instance.contains(x)).toBe(false);
    const region = instance.allocate(16);
    const own = new Float32Array(region.buffer as ArrayBuffer, region.offset, 4);
    expect(instance.contains(own)).toBe(true);
    kernels.activationForward({ x, y: own, kind: 0 });
    expect([...own]).toEqual([0, 2, 0, 4]);
    // An update in place.
    const sum = Float32Array.of(1, 1, 1, 1);
    kernels.accumulate({ x: own, y: sum });
    expect([...sum]).toEqual([1, 3, 1, 5]);
    instance.free(region);
  });

  it('takes long lists of arrays', () => {
    const arrays = Array.from({ length: 500 }, (_, i) => Float32Array.of(i, 1));
    expect(kernels.sumOfSquares({ arrays })).toBe((499 * 500 * 999) / 6 + 500);
  });

  it('refuses outputs of other memory that overlap an argument', () => {
    const all = new Float32Array(6);
    expect(() =>
      kernels.activationForward({ x: all.subarray(0, 4), y: all.subarray(2, 6), kind: 0 }),
    ).toThrow('an output array shares memory with another argument');
    expect(() => kernels.activationForward({ x: new Float32Array(2), y: [] as never, kind: 0 })).toThrow(
      'expected a Float32Array',
    );
    expect(relu(kernels, Float32Array.of(-1, 1))).toEqual([0, 1]);
  });

  it('goes on after a panic', () => {
    const call = { rows: 1, classes: 5, ignored: -100 };
    const logits = new Float32Array(5);
    const losses = new Float32Array(1);
    for (let i = 0; i < 20; i++) {
      expect(() =>
        kernels.crossEntropyForward({ logits, targets: Int32Array.of(9), losses, ...call }),
      ).toThrow('target 9: there are 5 classes');
      expect(kernels.crossEntropyForward({ logits, targets: Int32Array.of(1), losses, ...call })).toBeCloseTo(
        Math.log(5),
        6,
      );
    }
  });

  it('reports out of memory with sizes, and reuses what is freed', () => {
    expect(() => instance.allocate(2 ** 26)).toThrow(
      "out of memory: 64.0 MB of the 32.0 MB of WebAssembly's memory",
    );
    expect(() => instance.allocate(2 ** 33)).toThrow(RangeError);
    for (let i = 0; i < 100; i++) instance.free(instance.allocate(2 ** 24));
    expect(() => relu(kernels, new Float32Array(2 ** 23))).toThrow('out of memory');
    expect(relu(kernels, Float32Array.of(-1, 1))).toEqual([0, 1]);
  });
});
