// Named weights on disk, whatever they are in: a safetensors file, a file of torch.save, or several of either with an
// index that says which has what (`model.safetensors.index.json`, `pytorch_model.bin.index.json`). safetensors are read
// in place, one array at a time; torch.save's files are read whole when they are opened.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFirst } from './byte-source.js';
import { placeOf, type DType, type NamedArray, type Rows } from './named-array.js';
import { isSafetensors, readWeights } from './pytorch.js';
import { openSafetensors } from './safetensors.js';
import { quote } from './safetensors-header.js';

/** Weights that have been looked at, and can be read one by one. */
export interface WeightsFile {
  /** Type and shape of every array, by name. */
  readonly entries: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /** Reads one array, or some of its rows, which is the caller's own. @throws Error when there is none, or no such rows. */
  read(name: string, rows?: Rows): Promise<NamedArray>;
  /** Closes what is open; arrays that were read stay valid. */
  close(): Promise<void>;
}

/** Names in a message: enough to see what is wrong, never a whole index. */
const SHOWN = 20;

/**
 * Opens a file of weights, or an index of several, by its contents: safetensors, or what torch.save wrote.
 *
 * @throws Error naming the file and what is wrong with it; of an index: every shard that is missing, every array that is
 *   not where the index says it is, and every array that the index does not know.
 */
export async function openWeights(path: string): Promise<WeightsFile> {
  if (path.endsWith('.json')) return openSharded(path);
  return isSafetensors(await readFirst(path, 9)) ? openSafetensors(path) : inMemory(path);
}

async function inMemory(path: string): Promise<WeightsFile> {
  const arrays = await readWeights(path);
  return {
    entries: arrays,
    async read(name, rows) {
      const array = arrays.get(name);
      if (!array) throw new Error(`${path}: no array ${quote(name)}`);
      // Weights that are tied in the file share their numbers.
      if (!rows) return { ...array, data: array.data.slice() };
      const { start, end, shape } = placeOf(rows, array.shape);
      return { ...array, shape, data: array.data.slice(start, end) };
    },
    close() {
      arrays.clear();
      return Promise.resolve();
    },
  };
}

async function openSharded(path: string): Promise<WeightsFile> {
  const wanted = await readIndex(path);
  const names = [...new Set(wanted.values())];
  const shards = new Map<string, WeightsFile>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    const missing: string[] = [];
    for (const name of names) {
      const shard = join(dirname(path), name);
      try {
        shards.set(name, await openWeights(shard));
      } catch (error) {
        if (!/there is no such file/.test((error as Error).message)) throw error;
        missing.push(name);
      }
    }
    if (missing.length > 0) {
      throw new Error(
        `${path}: of its ${names.length} files ${missing.length} are missing: ${some(missing)}; put them into the same folder`,
      );
    }
    checkIndex(path, wanted, shards);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    entries: new Map([...wanted].map(([name, shard]) => [name, shards.get(shard)!.entries.get(name)!])),
    read(name, rows) {
      const shard = wanted.get(name);
      if (shard === undefined) return Promise.reject(new Error(`${path}: no array ${quote(name)}`));
      return shards.get(shard)!.read(name, rows);
    },
    close,
  };
}

/** Name of an array to name of its file. */
async function readIndex(path: string): Promise<Map<string, string>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no such file' : `not JSON: ${(error as Error).message}`;
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new Error(`${path}: expected {"weight_map": {"array": "file", …}}`);
  }
  const wanted = new Map(Object.entries(map as Record<string, unknown>));
  if (wanted.size === 0) throw new Error(`${path}: "weight_map" is empty`);
  for (const [name, file] of wanted) {
    // A file beside the index, and nothing else on the disk.
    if (typeof file !== 'string' || !/^[^/\\:]+\.(safetensors|bin|pt|pth)$/.test(file)) {
      throw new Error(
        `${path}: array ${quote(name)} is in ${quote(JSON.stringify(file) ?? 'nothing')}, expected the name of a file beside it`,
      );
    }
  }
  return wanted as Map<string, string>;
}

/** Index and files have to say the same of every array. */
function checkIndex(
  path: string,
  wanted: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, WeightsFile>,
): void {
  const problems: string[] = [];
  const places = new Map<string, string[]>();
  for (const [shard, { entries }] of shards) {
    for (const name of entries.keys()) places.set(name, [...(places.get(name) ?? []), shard]);
  }
  for (const [name, shard] of wanted) {
    const found = places.get(name) ?? [];
    if (found.includes(shard)) continue;
    problems.push(`${name} is in ${found[0] ?? 'none of the files'}, not in ${shard}`);
  }
  for (const [name, found] of places) {
    const said = wanted.get(name);
    if (said === undefined) problems.push(`${name} is in ${found[0]}, and not in the index`);
    else if (found.length > 1) problems.push(`${name} is in several files: ${found.join(', ')}`);
  }
  if (problems.length > 0) {
    throw new Error(`${path}: the index and its files do not agree:\n  ${some(problems, '\n  ')}`);
  }
}

function some(lines: readonly string[], separator = ', '): string {
  const shown = lines.slice(0, SHOWN).join(separator);
  return lines.length > SHOWN ? `${shown}${separator}… (${lines.length} in all)` : shown;
}
