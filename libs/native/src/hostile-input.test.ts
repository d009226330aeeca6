// The library against arguments that nobody should give it: testing/hostile.ts in a process of its own, since what this
// looks for is a crash. Leaves out whether results are right.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadAddon, NativeUnavailableError, type Addon } from './load.js';
import { signatures } from './testing/signatures.js';

const library = ((): Addon | undefined => {
  try {
    return loadAddon();
  } catch (error) {
    if (error instanceof NativeUnavailableError) return undefined;
    throw error;
  }
})();

interface Report {
  calls: number;
  functions: { name: string; successes: number; refusals: string[] }[];
}

describe.skipIf(!library)('the native library', () => {
  it('exports exactly the functions that TypeScript declares', () => {
    expect(Object.keys(library!).sort()).toEqual([...signatures().keys()].sort());
  });

  it('takes the address of an array after the getters of other arguments', () => {
    const [width, rows] = [4, 2 ** 16];
    const index = new Int32Array(rows);
    const to: Float32Array[] = [];
    Object.defineProperty(to, 0, {
      get() {
        structuredClone(0, { transfer: [index.buffer] });
        return new Float32Array(rows * width);
      },
    });
    to.length = 1;
    expect(() => library!.gatherRows([new Float32Array(width)], index, to, width)).toThrow(
      `index: 0 elements, expected ${rows}`,
    );
  });

  it('refuses indices that another thread can change', () => {
    const ids = new Int32Array(new SharedArrayBuffer(16));
    const [table, y] = [new Float32Array(8), new Float32Array(8)];
    expect(() => library!.embeddingForward(ids, table, undefined, y, 4, 4, 0, 2)).toThrow(
      'Int32Array in a SharedArrayBuffer, expected memory of its own',
    );
  });

  it('never crashes on invalid arguments', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lilformer-hostile-'));
    const lastCall = join(folder, 'last-call');
    const program = fileURLToPath(new URL('./testing/hostile.ts', import.meta.url));
    const seed = String(fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31);
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@lilformer/source', '--import', 'tsx', program],
      {
        encoding: 'utf8',
        timeout: 100_000,
        env: { ...process.env, LAST_CALL: lastCall, SEED: seed, RUNS: '3000' },
      },
    );
    const last = readFileSync(lastCall, 'utf8');
    rmSync(folder, { recursive: true });
    expect(status, `seed ${seed}, ended by ${signal ?? status} in ${last}\n${stderr}`).toBe(0);
    const { calls, functions } = JSON.parse(stdout) as Report;
    expect(calls).toBeGreaterThan(5000);
    // Every function was called with arguments that it took as well: what refuses everything was not tested.
    expect(functions.filter(({ successes }) => successes === 0)).toEqual([]);
  }, 120_000);
});
