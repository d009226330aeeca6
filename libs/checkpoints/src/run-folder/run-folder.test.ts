import { execFileSync, spawn } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../files/atomic-file.js';
import { RunFolder } from './run-folder.js';
import { arraysOf } from '../testing/save-loop.js';

const contents = { config: { width: 8 }, tokenizer: { type: 'characters' } };
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'runs-'));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

let number = 0;
const fresh = (): string => join(root, `run-${++number}`);
const put = (path: string, text: string): Promise<void> => writeFile(path, text);

describe('writeFileAtomic', () => {
  it('replaces a file and leaves no temporary file', async () => {
    const folder = fresh();
    await mkdir(folder);
    await writeFileAtomic(join(folder, 'a'), 'one');
    await writeFileAtomic(join(folder, 'a'), Buffer.from('two'));
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('two');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('says what to do when it cannot write', async () => {
    const folder = fresh();
    await expect(writeFileAtomic(join(folder, 'a'), '')).rejects.toThrow(
      `${join(folder, 'a')}: cannot write (ENOENT): the folder ${folder} does not exist. Create it first.`,
    );
    await mkdir(join(folder, 'b'), { recursive: true });
    await expect(writeFileAtomic(join(folder, 'b'), '')).rejects.toThrow('a folder has this name');
    expect(await readdir(folder)).toEqual(['b']);
  });

  it('says that a folder is read-only', async () => {
    const folder = fresh();
    await mkdir(folder);
    await chmod(folder, 0o555);
    await chmod(root, 0o755);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65534); // root may write everywhere
    try {
      await expect(writeFileAtomic(join(folder, 'a'), '')).rejects.toThrow('no permission');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('RunFolder', () => {
  it('loads what was saved', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    expect([await run.loadState(), await run.loadBest(), await run.readMetrics()]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    const state = {
      step: 3,
      best: null,
      random: { words: [1, 2 ** 32 - 1] },
      lr: 0.1,
      text: 'ä\n',
      gone: undefined,
    };
    await run.saveState(arraysOf(3), state);
    await run.saveBest(arraysOf(2), { step: 2, loss: 0.25 });
    run.appendMetrics({ step: 1, loss: NaN });
    run.appendSamples('Once upon\n');
    run.appendSamples('a time\n');
    await run.close();

    const again = await RunFolder.open(path);
    expect([again.config, again.tokenizer]).toEqual([contents.config, contents.tokenizer]);
    const loaded = (await again.loadState())!;
    expect(loaded.state).toEqual(JSON.parse(JSON.stringify(state)));
    expect(loaded.tensors).toEqual(new Map([...arraysOf(3)].reverse()));
    expect((await again.loadBest())!.info).toEqual({ step: 2, loss: 0.25 });
    expect(await again.readMetrics()).toEqual([{ step: 1, loss: null }]);
    expect(await readFile(join(path, 'samples.txt'), 'utf8')).toBe('Once upon\na time\n');
    expect(JSON.parse(await readFile(join(path, 'state.json'), 'utf8'))).toEqual(loaded.state);
  });

  it('throws for a state that JSON does not preserve', async () => {
    const run = await RunFolder.create(fresh(), contents);
    const save = (state: object): Promise<void> => run.saveState([], state);
    await expect(save({ best: Infinity })).rejects.toThrow(
      'state.best is Infinity, which JSON does not preserve',
    );
    await expect(save({ a: [1, { b: NaN }] })).rejects.toThrow('state.a[1].b is NaN');
    await expect(save({ seed: 1n })).rejects.toThrow('state.seed is of type bigint');
    await expect(save({ words: new Uint32Array(2) })).rejects.toThrow('state.words is a Uint32Array');
    await expect(save({ at: new Date() })).rejects.toThrow('state.at is a Date');
    await expect(save({ list: [undefined] })).rejects.toThrow('state.list[0] is of type undefined');
    await expect(run.saveBest([], { step: 1, loss: NaN })).rejects.toThrow('best.loss is NaN');
    await expect(RunFolder.create(fresh(), { ...contents, config: { lr: Infinity } })).rejects.toThrow(
      'config.lr is Infinity',
    );
    expect(await run.loadState()).toBeUndefined();
    await run.close();
  });

  it('does not read state.json, and repairs it', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    await run.saveState(arraysOf(1), { step: 1 });
    await run.close();
    await put(join(path, 'state.json'), '{"step": 9');
    const again = await RunFolder.resume(path);
    expect((await again.loadState())!.state).toEqual({ step: 1 });
    expect(JSON.parse(await readFile(join(path, 'state.json'), 'utf8'))).toEqual({ step: 1 });
    await again.close();
  });

  it('is locked while its contents are prepared, and removed when that fails', async () => {
    const path = fresh();
    const locked = /locked by process/;
    const run = await RunFolder.create(path, async () => {
      await expect(RunFolder.create(path, contents)).rejects.toThrow(locked);
      return contents;
    });
    await run.close();
    const other = fresh();
    const failed = RunFolder.create(other, () => Promise.reject(new Error('no text')));
    await expect(failed).rejects.toThrow('no text');
    expect(await readdir(root)).not.toContain(basename(other));
    await mkdir(other);
    await expect(RunFolder.create(other, () => Promise.reject(new Error('no text')))).rejects.toThrow();
    expect(await readdir(other)).toEqual([]);
  });

  it('replaces its config', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    await run.writeConfig({ width: 16 });
    await expect(run.writeConfig({ width: NaN })).rejects.toThrow('config.width is NaN');
    expect(run.config).toEqual({ width: 16 });
    await run.close();
    expect((await RunFolder.open(path)).config).toEqual({ width: 16 });
  });

  it.skipIf(process.platform !== 'linux')('names a folder in which none can be created', async () => {
    await expect(RunFolder.create('/proc/runs/a', contents)).rejects.toThrow(
      '/proc/runs: cannot write (ENOENT): /proc takes no new folders. Choose another folder.',
    );
    const file = fresh();
    await put(file, '');
    await expect(RunFolder.create(join(file, 'a'), contents)).rejects.toThrow(`${file} is not a folder`);
  });

  it('starts only in an empty folder', async () => {
    const path = fresh();
    await (await RunFolder.create(path, contents)).close();
    await expect(RunFolder.create(path, contents)).rejects.toThrow(
      `${path}: contains a run. Resume it, delete the folder, or choose another name`,
    );
    const other = fresh();
    await mkdir(other);
    await put(join(other, 'thesis.tex'), '');
    await expect(RunFolder.create(other, contents)).rejects.toThrow(
      'not empty and not a run (contains thesis.tex)',
    );
    expect(await readdir(other)).toEqual(['thesis.tex']);
    const file = join(other, 'thesis.tex');
    await expect(RunFolder.create(file, contents)).rejects.toThrow(file);
    await expect(RunFolder.open(file)).rejects.toThrow('is a file. Expected a run folder');
  });

  it('starts in a folder whose creation was interrupted', async () => {
    const path = fresh();
    await mkdir(path);
    await put(join(path, 'tokenizer.json'), '{}');
    await put(join(path, '.config.json.0123456789ab.tmp'), '{');
    await expect(RunFolder.resume(path)).rejects.toThrow(
      'without config.json. Its creation was interrupted. Start the run again under the same name.',
    );
    await (await RunFolder.create(path, contents)).close();
    expect((await readdir(path)).sort()).toEqual(['config.json', 'tokenizer.json']);
  });

  it('names what is missing of a run', async () => {
    const path = fresh();
    await expect(RunFolder.open(path)).rejects.toThrow(`${path}: no such run folder`);
    await mkdir(path);
    await expect(RunFolder.open(path)).rejects.toThrow(
      'without config.json and tokenizer.json. Expected the folder of a run.',
    );
    await put(join(path, 'config.json'), '{}');
    await expect(RunFolder.resume(path)).rejects.toThrow('without tokenizer.json');
    await put(join(path, 'tokenizer.json'), '{');
    await expect(RunFolder.resume(path)).rejects.toThrow(`${join(path, 'tokenizer.json')}: not JSON`);
    expect(await readdir(path)).not.toContain('run.lock');
  });

  it('names a damaged file', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    await run.saveState(arraysOf(1), { step: 1 });
    await put(
      join(path, 'state.safetensors'),
      (await readFile(join(path, 'state.safetensors'))).toString('latin1').slice(0, 100),
    );
    await expect(run.loadState()).rejects.toThrow(join(path, 'state.safetensors'));
    await put(join(path, 'metrics.jsonl'), '{"step":1}\nno\n{"step":2}\n');
    await expect(run.readMetrics()).rejects.toThrow(`${join(path, 'metrics.jsonl')}: line 2 is not JSON`);
    await run.close();
    const open = await RunFolder.open(path);
    expect(() => open.appendMetrics({ step: 1 })).toThrow('the run is open for reading only');
  });
});

describe('metrics', () => {
  it.skipIf(process.platform === 'win32')('in a pipe are an error', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    await run.close();
    execFileSync('mkfifo', [join(path, 'metrics.jsonl')]);
    const reading = await RunFolder.open(path);
    await expect(reading.readMetrics()).rejects.toThrow(
      `${join(path, 'metrics.jsonl')}: is a folder, device or pipe`,
    );
  });

  it('end at the first of many damaged lines, however deep they are nested', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    await put(
      join(path, 'metrics.jsonl'),
      `{"step":1}\n${'\n'.repeat(1e6)}{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}\n`,
    );
    expect(await run.readMetrics()).toEqual([{ step: 1 }]);
    await run.close();
  });

  it('ignore an incomplete line and continue after it', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    for (const step of [1, 2]) run.appendMetrics({ step });
    await run.close();
    await appendFile(join(path, 'metrics.jsonl'), '{"step":3,"lo');
    expect(await (await RunFolder.open(path)).readMetrics()).toEqual([{ step: 1 }, { step: 2 }]);
    const again = await RunFolder.resume(path);
    again.appendMetrics({ step: 3 });
    expect(await again.readMetrics()).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
    await again.close();
  });

  it('lose damaged lines when the run is resumed', async () => {
    const path = fresh();
    await (await RunFolder.create(path, contents)).close();
    const log = join(path, 'metrics.jsonl');
    await put(log, '{"step":1}\n{"st\0\0\n3\n{"step":2}\n\0\0\0\n{"ste');
    const messages: string[] = [];
    const run = await RunFolder.resume(path, { notify: (message) => messages.push(message) });
    expect(messages).toEqual([`${log}: removed 3 damaged lines, which are not JSON objects`]);
    await run.truncateMetrics(1);
    run.appendMetrics({ step: 2, again: true });
    expect(await run.readMetrics()).toEqual([{ step: 1 }, { step: 2, again: true }]);
    await run.close();
    await appendFile(log, '\0\0\n');
    expect(await run.readMetrics()).toHaveLength(2);
  });

  it('are truncated to a step', async () => {
    const run = await RunFolder.create(fresh(), contents);
    const events = [
      { type: 'start' },
      { step: 0 },
      { step: 1 },
      { type: 'note' },
      { step: 2 },
      { step: 1 },
      { type: 'end' },
    ];
    for (const event of events) run.appendMetrics(event);
    await run.truncateMetrics(2);
    expect(await run.readMetrics()).toEqual(events);
    await run.truncateMetrics(1);
    expect(await run.readMetrics()).toEqual(events.slice(0, 4));
    run.appendMetrics({ step: 2 });
    await run.truncateMetrics(-1);
    expect(await run.readMetrics()).toEqual([{ type: 'start' }]);
    await run.close();
  });
});

describe('the lock', () => {
  it('admits one training process and any readers', async () => {
    const path = fresh();
    const run = await RunFolder.create(path, contents);
    const message = new RegExp(`locked by process ${process.pid} since .*\\. Stop it first`);
    await expect(RunFolder.resume(path)).rejects.toThrow(message);
    await (await RunFolder.open(path)).close();
    await expect(RunFolder.resume(path)).rejects.toThrow(message);
    await run.close();
    await run.close();
    await (await RunFolder.resume(path)).close();
    await expect(run.saveState([], {})).rejects.toThrow('before close()');
  });

  it('is taken over from a dead process, with a message', async () => {
    const path = fresh();
    await (await RunFolder.create(path, contents)).close();
    const child = spawn(process.execPath, ['-e', '0']);
    await new Promise((resolve) => child.on('exit', resolve));
    const host = (await import('node:os')).hostname();
    for (const [text, word] of [
      [
        JSON.stringify({ pid: child.pid, host, started: null, since: 'then' }),
        `process ${child.pid}, which no longer runs`,
      ],
      // The pid of this process, but another start time.
      [
        JSON.stringify({ pid: process.pid, host, started: '1', since: 'then' }),
        `process ${process.pid}, which no longer runs`,
      ],
      ['{"pid":', 'killed while locking'],
      ['', 'killed while locking'],
    ]) {
      await put(join(path, 'run.lock'), text);
      const words: string[] = [];
      const run = await RunFolder.resume(path, { notify: (message) => words.push(message) });
      expect(words).toEqual([expect.stringContaining(word)]);
      expect(JSON.parse(await readFile(join(path, 'run.lock'), 'utf8'))).toMatchObject({
        pid: process.pid,
        host,
      });
      await run.close();
      expect(await readdir(path)).not.toContain('run.lock');
    }
  });

  it('of another machine is respected', async () => {
    const path = fresh();
    await (await RunFolder.create(path, contents)).close();
    await put(
      join(path, 'run.lock'),
      JSON.stringify({ pid: 1, host: 'elsewhere', started: null, since: 'then' }),
    );
    await expect(RunFolder.resume(path)).rejects.toThrow(
      `locked by process 1 on elsewhere since then. Stop it first, or choose another folder. If it no longer runs, delete ${join(path, 'run.lock')}.`,
    );
  });

  it('goes to one of many simultaneous processes', async () => {
    const path = fresh();
    await (await RunFolder.create(path, contents)).close();
    await put(
      join(path, 'run.lock'),
      JSON.stringify({
        pid: 4194304999,
        host: (await import('node:os')).hostname(),
        started: null,
        since: 'then',
      }),
    );
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, () => RunFolder.resume(path, { notify: () => undefined })),
    );
    const winners = all.filter((result) => result.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    await winners[0].value.close();
  });
});
