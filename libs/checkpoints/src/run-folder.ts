// The folder of one training run: settings, tokenizer, weights, state, metrics, samples. A kill at any moment
// leaves a folder that resumes, because every file appears by a rename, and one rename, that of
// state.safetensors, is the moment at which a step counts as saved. Leaves out what the state means: the
// training loop gives and takes named arrays and plain JSON.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainWriteError, isTemporaryName, writeFileAtomic } from './atomic-file.js';
import { AppendFile, mendLog, readLog, truncateLog, type LogEvent } from './json-lines.js';
import type { NamedArray } from './named-array.js';
import { readJson, toExactJson } from './plain-json.js';
import { lockFolder, LOCK_NAME } from './run-lock.js';
import { openSafetensors, readSafetensors, writeSafetensors } from './safetensors.js';

const CONFIG = 'config.json';
const TOKENIZER = 'tokenizer.json';
const BEST = 'model.safetensors';
const STATE = 'state.safetensors';
const STATE_COPY = 'state.json';
const METRICS = 'metrics.jsonl';
const SAMPLES = 'samples.txt';

/** What a run starts with. */
export interface RunContents {
  /** Everything needed to build model and data again. */
  config: object;
  /** The tokenizer's JSON form. */
  tokenizer: object;
}

/** How a run folder is opened for writing. */
export interface RunFolderOptions {
  /** Told when the lock of a process that is gone was taken over; `console.warn` unless given. */
  notify?: (message: string) => void;
}

/** Names of a run's arrays with the arrays. */
export type NamedArrays = Iterable<readonly [string, NamedArray]>;

async function list(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw code === 'ENOTDIR'
      ? new Error(`${path}: expected a run folder, found a file`, { cause: error })
      : error;
  }
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A run folder; see {@link RunFolder.create}, {@link RunFolder.resume}, {@link RunFolder.open}. */
export class RunFolder {
  private readonly metrics: AppendFile;
  private readonly samples: AppendFile;

  private constructor(
    readonly path: string,
    /** What config.json holds. */
    readonly config: unknown,
    /** What tokenizer.json holds. */
    readonly tokenizer: unknown,
    private unlock: (() => Promise<void>) | undefined,
  ) {
    this.metrics = new AppendFile(join(path, METRICS));
    this.samples = new AppendFile(join(path, SAMPLES));
  }

  /**
   * Starts a run in a new or empty folder, or in one whose creation was cut short by a kill, and locks it.
   *
   * config.json is written last: a folder is a run as soon as it has one.
   *
   * @throws Error when the folder holds a run or anything else already, or cannot be written.
   */
  static async create(
    path: string,
    contents: RunContents,
    options: RunFolderOptions = {},
  ): Promise<RunFolder> {
    toExactJson(contents.config, 'config');
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw explainWriteError(path, error);
    }
    await RunFolder.refuseOccupied(path);
    const unlock = await lockFolder(path, options.notify ?? console.warn);
    try {
      await RunFolder.refuseOccupied(path);
      await RunFolder.clean(path);
      await writeFileAtomic(join(path, TOKENIZER), pretty(contents.tokenizer));
      await writeFileAtomic(join(path, CONFIG), pretty(contents.config));
    } catch (error) {
      await unlock();
      throw error;
    }
    return new RunFolder(path, contents.config, contents.tokenizer, unlock);
  }

  /**
   * Opens a run to go on with it: locks it, and clears away what a killed process left half done.
   *
   * @throws Error when it is no run (saying what is missing), or another process trains in it.
   */
  static async resume(path: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    await RunFolder.refuseIncomplete(path);
    const unlock = await lockFolder(path, options.notify ?? console.warn);
    try {
      await RunFolder.clean(path);
      const run = new RunFolder(
        path,
        await readJson(join(path, CONFIG)),
        await readJson(join(path, TOKENIZER)),
        unlock,
      );
      await mendLog(run.metrics);
      await run.mendStateCopy();
      return run;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * Opens a run to read it, also while a process trains in it.
   *
   * @throws Error when it is no run, saying what is missing.
   */
  static async open(path: string): Promise<RunFolder> {
    await RunFolder.refuseIncomplete(path);
    return new RunFolder(
      path,
      await readJson(join(path, CONFIG)),
      await readJson(join(path, TOKENIZER)),
      undefined,
    );
  }

  /** Ends the use of the folder: closes its files, and unlocks it if it was locked. */
  async close(): Promise<void> {
    this.metrics.close();
    this.samples.close();
    const unlock = this.unlock;
    this.unlock = undefined;
    await unlock?.();
  }

  /**
   * Saves the state of the run; the rename of state.safetensors is the moment from which it counts.
   *
   * The JSON state travels inside that file, so that arrays and state can never be of different steps;
   * state.json is a copy for people, never read back.
   *
   * @param state plain JSON: step, schedule, generators, place in the data, best value, versions
   * @throws Error naming what JSON cannot keep, or the path and what to do; the state saved before stays.
   */
  async saveState(tensors: NamedArrays, state: object): Promise<void> {
    this.requireLock();
    const json = toExactJson(state, 'state');
    // the metrics up to this step last at least as long as the step
    this.metrics.sync();
    this.samples.sync();
    await writeSafetensors(join(this.path, STATE), tensors, { format: 'pt', state: json });
    await writeFileAtomic(join(this.path, STATE_COPY), pretty(state));
  }

  /**
   * The state saved last; undefined when none was yet.
   *
   * @throws Error naming the file and entry when it is damaged.
   */
  async loadState(): Promise<
    { tensors: Map<string, NamedArray>; state: Record<string, unknown> } | undefined
  > {
    const { tensors, value } = (await this.load(STATE, 'state')) ?? {};
    return tensors && { tensors, state: value! };
  }

  /**
   * Saves the best weights so far, with the step and metric that made them the best.
   *
   * @throws Error naming what JSON cannot keep, or the path and what to do; the weights saved before stay.
   */
  async saveBest(tensors: NamedArrays, info: { step: number } & Record<string, unknown>): Promise<void> {
    this.requireLock();
    await writeSafetensors(join(this.path, BEST), tensors, { format: 'pt', best: toExactJson(info, 'best') });
  }

  /**
   * The best weights so far; undefined when none were saved yet.
   *
   * After a kill they can be of a later step than the state: a resumed run comes by that step again.
   *
   * @throws Error naming the file and entry when it is damaged.
   */
  async loadBest(): Promise<{ tensors: Map<string, NamedArray>; info: Record<string, unknown> } | undefined> {
    const { tensors, value } = (await this.load(BEST, 'best')) ?? {};
    return tensors && { tensors, info: value! };
  }

  /**
   * Appends one event to metrics.jsonl, in one write that a kill of this process cannot take back.
   *
   * A number that is not finite becomes null, as JSON has it.
   */
  appendMetrics(event: LogEvent): void {
    this.requireLock();
    this.metrics.append(`${JSON.stringify(event)}\n`);
  }

  /** All events so far; a last line that a kill cut off is left out. */
  async readMetrics(): Promise<LogEvent[]> {
    return readLog(this.metrics.path);
  }

  /**
   * Takes away the first event whose `step` is beyond `step`, and everything after it, at once: what a run wrote
   * between its last saved state and its end will be written again. With -1, every event that has a step goes.
   */
  async truncateMetrics(step: number): Promise<void> {
    this.requireLock();
    await truncateLog(this.metrics, step);
  }

  /** Appends text to samples.txt, as it is. */
  appendSamples(text: string): void {
    this.requireLock();
    this.samples.append(text);
  }

  private requireLock(): void {
    if (!this.unlock) {
      throw new Error(
        `${this.path}: is open for reading only; use RunFolder.create or RunFolder.resume to write, before close()`,
      );
    }
  }

  private async load(
    name: string,
    key: string,
  ): Promise<{ tensors: Map<string, NamedArray>; value: Record<string, unknown> } | undefined> {
    const names = await list(this.path);
    if (!names?.includes(name)) return undefined;
    const path = join(this.path, name);
    const { tensors, metadata } = await readSafetensors(path);
    return { tensors, value: RunFolder.parseMetadata(path, metadata, key) };
  }

  private static parseMetadata(
    path: string,
    metadata: Record<string, string>,
    key: string,
  ): Record<string, unknown> {
    try {
      const value: unknown = JSON.parse(metadata[key] ?? '');
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // said below
    }
    throw new Error(`${path}: its metadata have no "${key}" in JSON; it was not written by a run`);
  }

  /** A kill between the two renames leaves state.json one save behind. */
  private async mendStateCopy(): Promise<void> {
    const names = await list(this.path);
    if (!names?.includes(STATE)) return;
    const path = join(this.path, STATE);
    const file = await openSafetensors(path);
    await file.close();
    const state = RunFolder.parseMetadata(path, file.metadata, 'state');
    const copy = await readJson(join(this.path, STATE_COPY)).catch(() => undefined);
    if (JSON.stringify(copy) !== JSON.stringify(state))
      await writeFileAtomic(join(this.path, STATE_COPY), pretty(state));
  }

  private static async clean(path: string): Promise<void> {
    for (const name of (await list(path)) ?? []) {
      if (isTemporaryName(name)) await rm(join(path, name), { force: true });
    }
  }

  private static async refuseOccupied(path: string): Promise<void> {
    const names = (await list(path)) ?? [];
    if (names.includes(CONFIG)) {
      throw new Error(`${path}: holds a run already; resume it, or choose another name for the new one`);
    }
    const others = names.filter((name) => name !== LOCK_NAME && name !== TOKENIZER && !isTemporaryName(name));
    if (others.length > 0) {
      const some = others.slice(0, 3).join(', ') + (others.length > 3 ? ', …' : '');
      throw new Error(`${path}: is not empty and not a run (it holds ${some}); choose a new or empty folder`);
    }
  }

  private static async refuseIncomplete(path: string): Promise<void> {
    const names = await list(path);
    if (!names) throw new Error(`${path}: there is no such run folder`);
    const missing = [CONFIG, TOKENIZER].filter((name) => !names.includes(name));
    if (missing.length === 0) return;
    const begun = names.every((name) => name === LOCK_NAME || name === TOKENIZER || isTemporaryName(name));
    const advice =
      begun && names.length > 0
        ? 'its creation was cut short, so start the run again under the same name'
        : 'is it the folder of a run?';
    throw new Error(`${path}: is not a whole run, ${missing.join(' and ')} missing; ${advice}`);
  }
}
