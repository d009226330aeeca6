// Training in Chromium: a worker of a page trains a small model on the engine wasm, and gets the losses of Node bit for bit.
import { join, resolve } from 'node:path';
import { openEngine } from '@lilformer/engine';
import { browserName, openPage, servePage, type Served } from '@lilformer/testing/browser';
import { openWasm } from '@lilformer/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainingLosses } from './testing/small-model.js';

const libs = resolve(import.meta.dirname, '../..');

const worker = `
  import { openEngine } from '@lilformer/engine';
  import { openWasm } from '@lilformer/wasm';
  import { trainingLosses } from './src/testing/small-model.js';
  addEventListener('message', async ({ data: threads }) => {
    await openWasm({ variant: 'simd128', threads });
    const engine = await openEngine({ threads });
    postMessage({ engine: engine.describe(), losses: trainingLosses(200) });
  });
`;

describe.skipIf(!browserName)('in Chromium', () => {
  let served: Served;

  beforeAll(async () => {
    served = await servePage({
      program: worker,
      script: `
        window.train = (threads) => new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(threads);
        });`,
      folder: libs,
      path: 'wasm/dist/worker.js',
      resolveDir: join(libs, 'ops'),
    });
  });

  afterAll(() => served.close());

  it('trains with one and two threads to the losses of Node', async () => {
    await openWasm({ variant: 'simd128' });
    await openEngine({ engine: 'wasm', threads: 1 });
    const expected = trainingLosses(200);
    expect(expected[199]).toBeLessThan(0.5 * expected[0]);
    const opened = await openPage(served.address);
    for (const threads of [1, 2]) {
      const { engine, losses } = await opened.evaluate<{ engine: string; losses: number[] }>(
        `train(${threads})`,
      );
      expect(engine).toContain(`WebAssembly simd128, ${threads} thread`);
      expect(losses).toEqual(expected);
    }
    opened.close();
  });
});
