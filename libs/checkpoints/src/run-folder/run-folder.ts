// Crash-safe folder of a training run: config, tokenizer, weights, state, metrics, samples. Every file is written by a rename;
// the rename of state.safetensors is the commit point of a step. A kill at any moment leaves a folder that can be resumed.
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainWriteError, isTemporaryName, writeFileAtomic } from '../files/atomic-file.js';
import { AppendFile, repairLog, readLog, truncateLog } from './json-lines.js';
import type { LogEvent } from './log-lines.js';
import type { NamedArray } from '../named-array.js';
import { readJson } from '../files/json-file.js';
import { toExactJson } from './plain-json.js';
import { lockFolder, LOCK_NAME } from './run-lock.js';
import {
  parseMetadata,
  pretty,
  readArrays,
  RUN_FILES,
  type NamedArrays,
  type RunContents,
  type RunStorage,
} from './run-storage.js';
import { openSafetensors } from '../safetensors/safetensors.js';
import { writeSafetensors } from '../safetensors/write-safetensors.js';

const {
  config: CONFIG,
  tokenizer: TOKENIZER,
  best: BEST,
  state: STATE,
  stateCopy: STATE_COPY,
  metrics: METRICS,
  samples: SAMPLES,
} = RUN_FILES;

interface RunFolderOptions {
  /** Called when the lock of a dead process was taken over or a log was repaired. Default `console.warn`. */
  notify?: (message: string) => void;
}

async function list(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw code === 'ENOTDIR'
      ? new Error(`${path}: is a file. Expected a run folder.`, { cause: error })
      : error;
  }
}

/**
 * Creates a folder and those above it; returns whether it did not exist. Node's recursive mkdir hangs in file systems that
 * take no new folders, such as /proc.
 * @throws Error naming the folder that cannot be written
 */
async function createFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'ENOENT') throw explainWriteError(path, error);
    const parent = dirname(path);
    if (await list(parent)) {
      throw new Error(
        `${path}: cannot write (${code}): ${parent} takes no new folders. Choose another folder.`,
        { cause: error },
      );
    }
    await createFolder(parent);
    return createFolder(path);
  }
}

/** A run folder: `create` starts a run, `resume` continues one, `open` reads it. */
export class RunFolder implements RunStorage {
  private readonly metrics: AppendFile;
  private readonly samples: AppendFile;

  private constructor(
    readonly path: string,
    private currentConfig: unknown,
    /** Contents of tokenizer.json. */
    readonly tokenizer: unknown,
    private unlock?: () => Promise<void>,
  ) {
    this.metrics = new AppendFile(join(path, METRICS));
    this.samples = new AppendFile(join(path, SAMPLES));
  }

  /**
   * Starts a run in a new or empty folder, or in one whose creation was interrupted, and locks it. config.json is written
   * last: a folder with one is a run.
   *
   * @param contents what to write, or a function that prepares it while the folder is locked. When it fails, a folder that
   *   was created here is removed.
   * @throws Error when the folder contains a run or other files, or cannot be written
   */
  static async create(
    path: string,
    contents: RunContents | (() => Promise<RunContents>),
    options: RunFolderOptions = {},
  ): Promise<RunFolder> {
    const isNew = await createFolder(path);
    let unlock: (() => Promise<void>) | undefined;
    try {
      await RunFolder.checkEmpty(path);
      unlock = await lockFolder(path, options.notify ?? console.warn);
      await RunFolder.checkEmpty(path);
      const { config, tokenizer } = typeof contents === 'function' ? await contents() : contents;
      toExactJson(config, 'config');
      await RunFolder.clean(path);
      await writeFileAtomic(join(path, TOKENIZER), pretty(tokenizer));
      await writeFileAtomic(join(path, CONFIG), pretty(config));
      return new RunFolder(path, config, tokenizer, unlock);
    } catch (error) {
      await unlock?.();
      if (isNew) await rmdir(path).catch(() => undefined); // not empty: another process has the folder
      throw error;
    }
  }

  /**
   * Opens a run for writing: locks it, and removes incomplete files of a killed process and damaged lines of metrics.jsonl.
   *
   * @throws Error naming what is missing of a run, or the process that holds the lock
   */
  static async resume(path: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    await RunFolder.checkComplete(path);
    const notify = options.notify ?? console.warn;
    const unlock = await lockFolder(path, notify);
    try {
      await RunFolder.clean(path);
      const run = await RunFolder.read(path, unlock);
      await repairLog(run.metrics, notify);
      await run.repairStateCopy();
      return run;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Opens a run for reading, also while a process trains in it. @throws Error naming what is missing of a run */
  static async open(path: string): Promise<RunFolder> {
    await RunFolder.checkComplete(path);
    return RunFolder.read(path);
  }

  /** Contents of config.json. */
  get config(): unknown {
    return this.currentConfig;
  }

  /** Replaces config.json, for settings that change when a run is resumed. */
  async writeConfig(config: object): Promise<void> {
    this.requireLock();
    toExactJson(config, 'config');
    await writeFileAtomic(join(this.path, CONFIG), pretty(config));
    this.currentConfig = config;
  }

  /** Closes the files and releases the lock. */
  async close(): Promise<void> {
    this.metrics.close();
    this.samples.close();
    const unlock = this.unlock;
    this.unlock = undefined;
    await unlock?.();
  }

  async saveState(tensors: NamedArrays, state: object): Promise<void> {
    this.requireLock();
    const json = toExactJson(state, 'state');
    // The metrics of a step are durable before the step is.
    this.metrics.sync();
    this.samples.sync();
    await writeSafetensors(join(this.path, STATE), tensors, { format: 'pt', state: json });
    await writeFileAtomic(join(this.path, STATE_COPY), pretty(state));
  }

  async loadState(): Promise<
    { tensors: Map<string, NamedArray>; state: Record<string, unknown> } | undefined
  > {
    const loaded = await this.load(STATE, 'state');
    return loaded && { tensors: loaded.tensors, state: loaded.value };
  }

  async saveBest(tensors: NamedArrays, info: { step: number } & Record<string, unknown>): Promise<void> {
    this.requireLock();
    await writeSafetensors(join(this.path, BEST), tensors, { format: 'pt', best: toExactJson(info, 'best') });
  }

  async loadBest(): Promise<{ tensors: Map<string, NamedArray>; info: Record<string, unknown> } | undefined> {
    const loaded = await this.load(BEST, 'best');
    return loaded && { tensors: loaded.tensors, info: loaded.value };
  }

  appendMetrics(event: LogEvent): void {
    this.requireLock();
    this.metrics.append(`${JSON.stringify(event)}\n`);
  }

  async readMetrics(): Promise<LogEvent[]> {
    return readLog(this.metrics.path);
  }

  async truncateMetrics(step: number): Promise<void> {
    this.requireLock();
    await truncateLog(this.metrics, step);
  }

  appendSamples(text: string): void {
    this.requireLock();
    this.samples.append(text);
  }

  private static async read(path: string, unlock?: () => Promise<void>): Promise<RunFolder> {
    const [config, tokenizer] = [await readJson(join(path, CONFIG)), await readJson(join(path, TOKENIZER))];
    return new RunFolder(path, config, tokenizer, unlock);
  }

  private requireLock(): void {
    if (!this.unlock) {
      throw new Error(
        `${this.path}: the run is open for reading only. Use RunFolder.create or RunFolder.resume to write, before close().`,
      );
    }
  }

  private async load(name: string, key: string) {
    if (!(await list(this.path))?.includes(name)) return undefined;
    const path = join(this.path, name);
    return readArrays(path, path, key);
  }

  /** After a kill between the two renames, state.json is one save behind. */
  private async repairStateCopy(): Promise<void> {
    if (!(await list(this.path))?.includes(STATE)) return;
    const path = join(this.path, STATE);
    const file = await openSafetensors(path);
    await file.close();
    const state = parseMetadata(path, file.metadata, 'state');
    const copy = await readJson(join(this.path, STATE_COPY)).catch(() => undefined);
    if (JSON.stringify(copy) !== JSON.stringify(state))
      await writeFileAtomic(join(this.path, STATE_COPY), pretty(state));
  }

  private static async clean(path: string): Promise<void> {
    for (const name of (await list(path)) ?? []) {
      if (isTemporaryName(name)) await rm(join(path, name), { force: true });
    }
  }

  private static async checkEmpty(path: string): Promise<void> {
    const names = (await list(path)) ?? [];
    if (names.includes(CONFIG)) {
      throw new Error(
        `${path}: contains a run. Resume it, delete the folder, or choose another name for the new one.`,
      );
    }
    const others = names.filter((name) => name !== LOCK_NAME && name !== TOKENIZER && !isTemporaryName(name));
    if (others.length > 0) {
      const some = others.slice(0, 3).join(', ') + (others.length > 3 ? ', …' : '');
      throw new Error(`${path}: not empty and not a run (contains ${some}). Choose a new or empty folder.`);
    }
  }

  private static async checkComplete(path: string): Promise<void> {
    const names = await list(path);
    if (!names) throw new Error(`${path}: no such run folder.`);
    const missing = [CONFIG, TOKENIZER].filter((name) => !names.includes(name));
    if (missing.length === 0) return;
    const begun = names.every((name) => name === LOCK_NAME || name === TOKENIZER || isTemporaryName(name));
    const advice =
      begun && names.length > 0
        ? 'Its creation was interrupted. Start the run again under the same name.'
        : 'Expected the folder of a run.';
    throw new Error(`${path}: not a complete run, without ${missing.join(' and ')}. ${advice}`);
  }
}
