import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NamedArray } from '../named-array.js';
import { memoryStore } from './file-store.js';
import { RunFiles } from './run-files.js';
import { RunFolder } from './run-folder.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lilformer-run-files-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const contents = { config: { model: { type: 'bigram' } }, tokenizer: { type: 'char' } };
const weights = (value: number): [string, NamedArray][] => [
  ['w', { dtype: 'F32', shape: [2], data: Float32Array.of(value, -value) }],
];

async function train(run: RunFiles | RunFolder): Promise<void> {
  run.appendMetrics({ type: 'step', step: 1, loss: 2.5 });
  run.appendMetrics({ type: 'step', step: 2, loss: NaN });
  run.appendSamples('Once upon\n');
  await run.saveBest(weights(1), { step: 1, perplexity: 3 });
  await run.saveState(weights(2), { step: 2, seed: 'a' });
  run.appendMetrics({ type: 'step', step: 3, loss: 1 });
}

describe('RunFiles', () => {
  it('writes the files of a run folder, byte for byte', async () => {
    const folder = join(root, 'a');
    const inFolder = await RunFolder.create(folder, contents);
    const files = new Map<string, Blob>();
    const inMemory = await RunFiles.create(memoryStore(files), contents);
    for (const run of [inFolder, inMemory]) {
      await train(run);
      await run.close();
    }
    expect([...files.keys()].sort()).toEqual((await readdir(folder)).sort());
    for (const [name, file] of files) {
      expect(Buffer.from(await file.arrayBuffer()).equals(await readFile(join(folder, name))), name).toBe(
        true,
      );
    }
  });

  it('resumes after the last saved state, and is resumed by a run folder', async () => {
    const files = new Map<string, Blob>();
    await train(await RunFiles.create(memoryStore(files), contents)); // not closed: step 3 is lost
    const run = await RunFiles.resume(memoryStore(files));
    expect(run.config).toEqual(contents.config);
    expect(run.tokenizer).toEqual(contents.tokenizer);
    expect(await run.readMetrics()).toHaveLength(2);
    expect((await run.readMetrics())[1]).toEqual({ type: 'step', step: 2, loss: null });
    const state = (await run.loadState())!;
    expect(state.state).toEqual({ step: 2, seed: 'a' });
    expect([...state.tensors.get('w')!.data]).toEqual([2, -2]);
    expect((await run.loadBest())!.info).toEqual({ step: 1, perplexity: 3 });
    await run.truncateMetrics(1);
    expect(await run.readMetrics()).toHaveLength(1);
    await run.truncateMetrics(-1);
    expect(await run.readMetrics()).toEqual([]);
    run.appendSamples('more');
    await run.writeConfig({ ...contents.config, seed: 2 });
    await run.close();
    expect(await files.get('samples.txt')!.text()).toBe('Once upon\nmore');

    const folder = join(root, 'b');
    await mkdir(folder);
    for (const [name, file] of files)
      await writeFile(join(folder, name), Buffer.from(await file.arrayBuffer()));
    const resumed = await RunFolder.resume(folder);
    expect((await resumed.loadState())!.state).toEqual({ step: 2, seed: 'a' });
    expect(resumed.config).toEqual({ ...contents.config, seed: 2 });
    await resumed.close();
  });

  it('writes arrays in shared memory', async () => {
    const files = new Map<string, Blob>();
    const run = await RunFiles.create(memoryStore(files), contents);
    const data = new Float32Array(new SharedArrayBuffer(8));
    data.set([3, -4]);
    await run.saveState([['w', { dtype: 'F32', shape: [2], data }]], { step: 1 });
    expect([...(await run.loadState())!.tensors.get('w')!.data]).toEqual([3, -4]);
    await run.close();
  });

  it('drops damaged and incomplete lines of metrics', async () => {
    const files = new Map<string, Blob>();
    await train(await RunFiles.create(memoryStore(files), contents));
    files.set('metrics.jsonl', new Blob(['{"step":1}\n\0\0\n{"step":2}\n{"st']));
    const run = await RunFiles.open(memoryStore(files));
    expect(await run.readMetrics()).toEqual([{ step: 1 }, { step: 2 }]);
  });

  it('refuses a second run, a second writer, writing without the lock, and what is no run', async () => {
    const store = memoryStore(new Map(), 'runs/a');
    const run = await RunFiles.create(store, contents);
    await expect(RunFiles.resume(store)).rejects.toThrow('runs/a: open for writing elsewhere');
    await run.close();
    await expect(RunFiles.create(store, contents)).rejects.toThrow('runs/a: contains a run');
    const reader = await RunFiles.open(store);
    expect(() => reader.appendMetrics({ step: 1 })).toThrow('open for reading only');
    await expect(reader.saveState([], {})).rejects.toThrow('open for reading only');
    await expect(RunFiles.open(memoryStore())).rejects.toThrow('without config.json and tokenizer.json');
    const writer = await RunFiles.resume(store);
    await expect(writer.saveState([], { loss: Infinity })).rejects.toThrow('state.loss is Infinity');
    await writer.close();
  });
});
