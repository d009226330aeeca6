// What a run consists of, wherever it is stored.
import type { FileInput } from '../files/byte-source.js';
import type { NamedArray } from '../named-array.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import type { LogEvent } from './log-lines.js';

/** Names of the files of a run. */
export const RUN_FILES = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  best: 'model.safetensors',
  state: 'state.safetensors',
  stateCopy: 'state.json',
  metrics: 'metrics.jsonl',
  samples: 'samples.txt',
} as const;

/** Contents of a new run. */
export interface RunContents {
  /** Everything needed to rebuild model and data. */
  config: object;
  /** The tokenizer's JSON. */
  tokenizer: object;
}

export type NamedArrays = Iterable<readonly [string, NamedArray]>;

/**
 * Where a training run is stored: a folder of the file system (`RunFolder`, in Node), or the storage of a page or memory
 * (`RunFiles`).
 */
export interface RunStorage {
  /** Names the run in messages. */
  readonly path: string;
  /**
   * Saves the state of the run, with the JSON state in the metadata of state.safetensors, so that arrays and state are
   * always of the same step. state.json is a copy for people, never read.
   *
   * @param state plain JSON: step, schedule, generators, position in the data, best value, versions
   * @throws Error naming the value that JSON does not preserve, or the path and what to do; the previous state is unchanged
   */
  saveState(tensors: NamedArrays, state: object): Promise<void>;
  /** The last saved state; undefined before the first. @throws Error naming the damaged file and entry */
  loadState(): Promise<{ tensors: Map<string, NamedArray>; state: Record<string, unknown> } | undefined>;
  /**
   * Saves the best weights so far, with their step and metric.
   *
   * @throws Error naming the value that JSON does not preserve, or the path and what to do; the previous weights are unchanged
   */
  saveBest(tensors: NamedArrays, info: { step: number } & Record<string, unknown>): Promise<void>;
  /**
   * The best weights so far; undefined before the first. After a kill they can be of a later step than the state; a resumed
   * run repeats that step.
   *
   * @throws Error naming the damaged file and entry
   */
  loadBest(): Promise<{ tensors: Map<string, NamedArray>; info: Record<string, unknown> } | undefined>;
  /** Appends one event to metrics.jsonl. A number that is not finite becomes null. */
  appendMetrics(event: LogEvent): void;
  /** All events, without incomplete or damaged lines at the end. */
  readMetrics(): Promise<LogEvent[]>;
  /**
   * Removes the first event whose `step` exceeds `step`, and all after it: a resumed run writes the events after its last
   * saved state again. -1 removes every event that has a step.
   */
  truncateMetrics(step: number): Promise<void>;
  /** Appends text to samples.txt. */
  appendSamples(text: string): void;
}

/** JSON as the files of a run have it. */
export const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The JSON object under a key of a file's metadata. @throws Error naming the file without one */
export function parseMetadata(
  path: string,
  metadata: Record<string, string>,
  key: string,
): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(metadata[key] ?? '');
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // reported below
  }
  throw new Error(`${path}: no "${key}" in JSON in the metadata. Expected a file written by a run.`);
}

/** The arrays of a run's file, and the JSON under a key of its metadata. @throws Error naming the damaged file and entry */
export async function readArrays(
  input: FileInput,
  path: string,
  key: string,
): Promise<{ tensors: Map<string, NamedArray>; value: Record<string, unknown> }> {
  const { tensors, metadata } = await readSafetensors(input, path);
  return { tensors, value: parseMetadata(path, metadata, key) };
}
