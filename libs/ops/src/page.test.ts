// Training in Chromium: a worker of a page trains a small model on the engine wasm, and gets the losses of Node bit for bit.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { openWasm } from '@lilformer/wasm';
import { openEngine } from '@lilformer/engine';
import { browserName, openPage } from '@lilformer/testing/browser';
import { build } from 'esbuild';
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

const page = `<!doctype html><script>
  const worker = new Worker('/wasm/dist/worker.js', { type: 'module' });
  window.train = (threads) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(threads);
  });
</script>`;

describe.skipIf(!browserName)('in Chromium', () => {
  let server: Server;

  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: worker, resolveDir: join(libs, 'ops') },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: ['@lilformer/source'],
    });
    const types: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' };
    server = createServer(({ url = '' }, response) => {
      const type = types[url.split('.').at(-1)!];
      response.setHeader('content-type', type ?? 'text/html');
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
      if (url === '/wasm/dist/worker.js') response.end(outputFiles[0].contents);
      else response.end(type === undefined ? page : readFileSync(join(libs, url)));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });

  afterAll(() => void server.close());

  it('trains with one and two threads to the losses of Node', async () => {
    await openWasm({ variant: 'simd128' });
    await openEngine({ engine: 'wasm', threads: 1 });
    const expected = trainingLosses(200);
    expect(expected[199]).toBeLessThan(0.5 * expected[0]);
    const opened = await openPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
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
