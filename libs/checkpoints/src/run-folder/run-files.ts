// A training run over named files that are replaced whole: in the storage of a page (OPFS), or in memory.
import { readJson } from '../files/json-file.js';
import { safetensorsParts } from '../safetensors/safetensors-bytes.js';
import type { FileStore } from './file-store.js';
import { eventOf, lines, parseEvent, type LogEvent } from './log-lines.js';
import { toExactJson } from './plain-json.js';
import {
  pretty,
  readArrays,
  RUN_FILES,
  type NamedArrays,
  type RunContents,
  type RunStorage,
} from './run-storage.js';

const encoder = new TextEncoder();

/**
 * A run in a {@link FileStore}, with the files of a `RunFolder`. `create` starts a run, `resume` continues one, `open` reads
 * it. Metrics and samples are written with the state, which is the commit point of a step: a page closed at any moment
 * leaves a run that can be resumed.
 */
export class RunFiles implements RunStorage {
  /** Lines of metrics.jsonl. */
  private metrics: string[] = [];
  private samples = '';

  private constructor(
    private readonly store: FileStore,
    private currentConfig: unknown,
    /** Contents of tokenizer.json. */
    readonly tokenizer: unknown,
    private unlock?: () => void,
  ) {}

  /**
   * Starts a run, and locks it. config.json is written last: files with one are a run.
   *
   * @throws Error when there is a run already, or another page has it open
   */
  static async create(store: FileStore, { config, tokenizer }: RunContents): Promise<RunFiles> {
    const unlock = await store.lock();
    try {
      if ((await store.names()).includes(RUN_FILES.config)) {
        throw new Error(
          `${store.path}: contains a run. Resume it, delete it, or choose another name for the new one.`,
        );
      }
      toExactJson(config, 'config');
      await store.write(RUN_FILES.tokenizer, [encoder.encode(pretty(tokenizer))]);
      await store.write(RUN_FILES.config, [encoder.encode(pretty(config))]);
      return new RunFiles(store, config, tokenizer, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Opens a run for writing, and locks it. @throws Error naming what is missing of a run, or that another page has it open */
  static async resume(store: FileStore): Promise<RunFiles> {
    const unlock = await store.lock();
    try {
      return await RunFiles.read(store, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Opens a run for reading. @throws Error naming what is missing of a run */
  static open(store: FileStore): Promise<RunFiles> {
    return RunFiles.read(store);
  }

  private static async read(store: FileStore, unlock?: () => void): Promise<RunFiles> {
    const names = await store.names();
    const missing = [RUN_FILES.config, RUN_FILES.tokenizer].filter((name) => !names.includes(name));
    if (missing.length > 0) {
      throw new Error(
        `${store.path}: not a complete run, without ${missing.join(' and ')}. Expected the files of a run.`,
      );
    }
    const json = async (name: string): Promise<unknown> =>
      readJson(await store.file(name), `${store.path}/${name}`);
    const run = new RunFiles(store, await json(RUN_FILES.config), await json(RUN_FILES.tokenizer), unlock);
    const bytes = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
      names.includes(name) ? new Uint8Array(await (await store.file(name)).arrayBuffer()) : new Uint8Array(0);
    // Without damaged lines.
    for (const { text } of lines(await bytes(RUN_FILES.metrics))) if (eventOf(text)) run.metrics.push(text);
    run.samples = new TextDecoder().decode(await bytes(RUN_FILES.samples));
    return run;
  }

  get path(): string {
    return this.store.path;
  }

  /** Contents of config.json. */
  get config(): unknown {
    return this.currentConfig;
  }

  /** Replaces config.json, for settings that change when a run is resumed. */
  async writeConfig(config: object): Promise<void> {
    this.requireLock();
    toExactJson(config, 'config');
    await this.store.write(RUN_FILES.config, [encoder.encode(pretty(config))]);
    this.currentConfig = config;
  }

  /** Writes metrics and samples, and releases the lock. */
  async close(): Promise<void> {
    if (!this.unlock) return;
    await this.writeLogs();
    this.unlock();
    this.unlock = undefined;
  }

  async saveState(tensors: NamedArrays, state: object): Promise<void> {
    this.requireLock();
    const json = toExactJson(state, 'state');
    // The metrics of a step are durable before the step is.
    await this.writeLogs();
    await this.store.write(RUN_FILES.state, safetensorsParts(tensors, { format: 'pt', state: json }));
    await this.store.write(RUN_FILES.stateCopy, [encoder.encode(pretty(state))]);
  }

  async loadState(): ReturnType<RunStorage['loadState']> {
    const loaded = await this.load(RUN_FILES.state, 'state');
    return loaded && { tensors: loaded.tensors, state: loaded.value };
  }

  async saveBest(tensors: NamedArrays, info: { step: number } & Record<string, unknown>): Promise<void> {
    this.requireLock();
    const metadata = { format: 'pt', best: toExactJson(info, 'best') };
    await this.store.write(RUN_FILES.best, safetensorsParts(tensors, metadata));
  }

  async loadBest(): ReturnType<RunStorage['loadBest']> {
    const loaded = await this.load(RUN_FILES.best, 'best');
    return loaded && { tensors: loaded.tensors, info: loaded.value };
  }

  appendMetrics(event: LogEvent): void {
    this.requireLock();
    this.metrics.push(JSON.stringify(event));
  }

  readMetrics(): Promise<LogEvent[]> {
    return Promise.resolve(this.events());
  }

  truncateMetrics(step: number): Promise<void> {
    this.requireLock();
    const after = this.events().findIndex((event) => typeof event.step === 'number' && event.step > step);
    if (after !== -1) this.metrics.length = after;
    return Promise.resolve();
  }

  appendSamples(text: string): void {
    this.requireLock();
    this.samples += text;
  }

  private events(): LogEvent[] {
    return this.metrics.map((line, i) => parseEvent(`${this.path}/${RUN_FILES.metrics}`, i + 1, line));
  }

  private async writeLogs(): Promise<void> {
    await this.store.write(RUN_FILES.metrics, [
      encoder.encode(this.metrics.map((line) => `${line}\n`).join('')),
    ]);
    await this.store.write(RUN_FILES.samples, [encoder.encode(this.samples)]);
  }

  private requireLock(): void {
    if (!this.unlock) {
      throw new Error(
        `${this.path}: the run is open for reading only. Use RunFiles.create or RunFiles.resume to write, before close().`,
      );
    }
  }

  private async load(name: string, key: string) {
    if (!(await this.store.names()).includes(name)) return undefined;
    return readArrays(await this.store.file(name), `${this.path}/${name}`, key);
  }
}
