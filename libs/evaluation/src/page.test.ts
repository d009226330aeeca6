// A whole run in Chromium: a worker trains a small model and saves it in the page's storage; after the page is closed, another
// resumes and generates. Everything equals Node on the same engine, bit for bit.
import { join, resolve } from 'node:path';
import { memoryStore } from '@lilformer/checkpoints';
import { openEngine } from '@lilformer/engine';
import { browserName, openPage, servePage, type Page, type Served } from '@lilformer/testing/browser';
import { openWasm } from '@lilformer/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateFrom, STEPS, trainUntil } from './testing/page-training.js';

const libs = resolve(import.meta.dirname, '../..');

const program = `
  import { directoryStore } from '@lilformer/checkpoints';
  import { openEngine } from '@lilformer/engine';
  import { openWasm } from '@lilformer/wasm';
  import { generateFrom, trainUntil } from './src/testing/page-training.js';

  const work = async ({ threads, run, until, remove }) => {
    const root = await navigator.storage.getDirectory();
    if (remove) return root.removeEntry(run, { recursive: true });
    await openWasm({ variant: 'simd128', threads });
    const engine = (await openEngine({ threads })).describe();
    const store = directoryStore(await root.getDirectoryHandle(run, { create: true }));
    return { engine, ...(until ? await trainUntil(store, until) : await generateFrom(store)), names: await store.names() };
  };
  addEventListener('message', async ({ data }) => {
    postMessage(await work(data).catch((error) => ({ error: error.stack })));
  });
`;

/** What a page gives back. */
interface Result {
  readonly engine: string;
  readonly losses: number[];
  readonly resumed?: number;
  readonly text: string;
  readonly recorded: number;
  readonly measured: number;
  readonly names: string[];
  readonly error?: string;
}

describe.skipIf(!browserName)('in Chromium', () => {
  let served: Served;
  let expected: { losses: number[]; text: string; recorded: number; measured: number };

  beforeAll(async () => {
    served = await servePage({
      program,
      script: `
        window.work = (task) => new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(task);
        });`,
      folder: libs,
      path: 'wasm/dist/worker.js',
      resolveDir: join(libs, 'evaluation'),
    });
    await openWasm({ variant: 'simd128' });
    await openEngine({ engine: 'wasm', threads: 1 });
    const store = memoryStore();
    const { losses } = await trainUntil(store, Infinity);
    expected = { losses, ...(await generateFrom(store)) };
  });
  afterAll(() => served.close());

  it('learns, generates text and records its perplexity in Node', () => {
    const { losses, text, recorded, measured } = expected;
    expect(losses).toHaveLength(STEPS);
    expect(losses[STEPS - 1]).toBeLessThan(0.75 * losses[0]);
    expect(text).toMatch(/[a-z]/);
    expect(Math.abs(measured / recorded - 1)).toBeLessThan(1e-6);
  });

  it('trains, saves, resumes in another page and generates, with one thread and with two', async () => {
    const pages: Page[] = [];
    try {
      for (const threads of [1, 2]) {
        const sessions: Result[] = [];
        const page = await openPage(served.address);
        pages.push(page);
        for (const until of [90, 2 * STEPS, undefined]) {
          const task = { threads, run: `run-${threads}`, until };
          const result = await page.evaluate<Result>(`work(${JSON.stringify(task)})`);
          expect(result.error).toBeUndefined();
          sessions.push(result);
          // The worker ends with its page.
          await page.send('Page.reload');
          await page.evaluate(
            `new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))`,
          );
        }
        const [first, second, last] = sessions;
        expect(first.engine).toContain(`WebAssembly simd128, ${threads} thread`);
        expect([first.resumed, second.resumed]).toEqual([undefined, 90]);
        expect([...first.losses, ...second.losses]).toEqual(expected.losses);
        expect(last).toMatchObject({
          ...{ text: expected.text, recorded: expected.recorded, measured: expected.measured },
        });
        expect(last.names.sort()).toEqual([
          ...['config.json', 'metrics.jsonl', 'model.safetensors', 'samples.txt'],
          ...['state.json', 'state.safetensors', 'tokenizer.json'],
        ]);
      }
    } finally {
      for (const page of pages) page.close();
    }
  });
});
