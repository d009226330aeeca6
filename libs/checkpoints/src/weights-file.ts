// Opens named weights in any format: a safetensors file, a file of torch.save, or several of either with an index
// (`model.safetensors.index.json`, `pytorch_model.bin.index.json`). safetensors are read one array at a time; files of
// torch.save are read whole.
import { beside } from '#open-path';
import { nameOf, readFirst, type FileInput } from './files/byte-source.js';
import { readJson } from './files/json-file.js';
import { rowRange, type DType, type NamedArray, type Rows } from './named-array.js';
import { isSafetensors, readWeights } from './pytorch/pytorch.js';
import { openSafetensors } from './safetensors/safetensors.js';
import { quote } from './safetensors/safetensors-header.js';

/** Named arrays that can be read one by one. */
export interface WeightsFile {
  /** Element type and shape of every array, by name. */
  readonly entries: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /** Reads a copy of one array, or of some of its rows. @throws Error for an unknown name or rows outside the array */
  read(name: string, rows?: Rows): Promise<NamedArray>;
  /** Closes the files; arrays that were read stay valid. */
  close(): Promise<void>;
}

/** What {@link openWeights} takes besides the file. */
export interface OpenWeightsOptions {
  /** Used in error messages for a Blob or bytes, and to recognize an index by its end, `.json`. */
  readonly name?: string;
  /** The file of a name that an index lists; undefined if it is missing. Default: the file beside the index. */
  readonly shard?: (file: string) => FileInput | undefined;
}

/** Maximum number of names in an error message. */
const SHOWN = 20;

/**
 * Opens a weights file, or the index of several; the contents determine the format.
 *
 * @throws Error naming the file and what is wrong with it; for an index: all missing files, and all arrays that differ
 *   between index and files
 */
export async function openWeights(input: FileInput, options: OpenWeightsOptions = {}): Promise<WeightsFile> {
  const { name = nameOf(input), shard = (file) => beside(name, file) } = options;
  if (name.endsWith('.json')) return openSharded(input, name, shard);
  return isSafetensors(await readFirst(input, 9)) ? openSafetensors(input, name) : inMemory(input, name);
}

async function inMemory(input: FileInput, path: string): Promise<WeightsFile> {
  const arrays = await readWeights(input, path);
  return {
    entries: arrays,
    async read(name, rows) {
      const array = arrays.get(name);
      if (!array) throw new Error(`${path}: no array ${quote(name)}.`);
      // A copy: tied weights share their values.
      if (!rows) return { ...array, data: array.data.slice() };
      const { start, end, shape } = rowRange(rows, array.shape);
      return { ...array, shape, data: array.data.slice(start, end) };
    },
    close() {
      arrays.clear();
      return Promise.resolve();
    },
  };
}

async function openSharded(
  input: FileInput,
  path: string,
  shard: (file: string) => FileInput | undefined,
): Promise<WeightsFile> {
  const wanted = await readIndex(input, path);
  const names = [...new Set(wanted.values())];
  const shards = new Map<string, WeightsFile>();
  const close = async (): Promise<void> => {
    for (const open of shards.values()) await open.close();
  };
  try {
    const missing: string[] = [];
    for (const name of names) {
      const part = shard(name);
      if (part === undefined) {
        missing.push(name);
        continue;
      }
      try {
        shards.set(name, await openWeights(part, { name: beside(path, name) }));
      } catch (error) {
        if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
        missing.push(name);
      }
    }
    if (missing.length > 0) {
      throw new Error(
        `${path}: ${missing.length} of ${names.length} files are missing: ${some(missing)}. Put them into the same folder.`,
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
      const file = wanted.get(name);
      if (file === undefined) return Promise.reject(new Error(`${path}: no array ${quote(name)}.`));
      return shards.get(file)!.read(name, rows);
    },
    close,
  };
}

/** Reads the map from the name of an array to the name of its file. */
async function readIndex(input: FileInput, path: string): Promise<Map<string, string>> {
  const json = await readJson(input, path);
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new Error(`${path}: not an index. Expected {"weight_map": {"array": "file", …}}.`);
  }
  const wanted = new Map(Object.entries(map as Record<string, unknown>));
  if (wanted.size === 0) throw new Error(`${path}: "weight_map" is empty.`);
  for (const [name, file] of wanted) {
    // Only files in the same folder.
    if (typeof file !== 'string' || !/^[^/\\:]+\.(safetensors|bin|pt|pth)$/.test(file)) {
      throw new Error(
        `${path}: array ${quote(name)} is in ${quote(JSON.stringify(file) ?? 'nothing')}. Expected the name of a file in the same folder.`,
      );
    }
  }
  return wanted as Map<string, string>;
}

/** Checks that index and files agree. @throws Error listing the arrays that differ */
function checkIndex(
  path: string,
  wanted: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, WeightsFile>,
): void {
  const problems: string[] = [];
  const files = new Map<string, string[]>();
  for (const [shard, { entries }] of shards) {
    for (const name of entries.keys()) files.set(name, [...(files.get(name) ?? []), shard]);
  }
  for (const [name, shard] of wanted) {
    const found = files.get(name) ?? [];
    if (found.includes(shard)) continue;
    problems.push(`${name} is in ${found[0] ?? 'none of the files'}, not in ${shard}`);
  }
  for (const [name, found] of files) {
    const said = wanted.get(name);
    if (said === undefined) problems.push(`${name} is in ${found[0]}, but not in the index`);
    else if (found.length > 1) problems.push(`${name} is in several files: ${found.join(', ')}`);
  }
  if (problems.length > 0) {
    throw new Error(`${path}: the index and its files differ:\n  ${some(problems, '\n  ')}`);
  }
}

function some(lines: readonly string[], separator = ', '): string {
  const shown = lines.slice(0, SHOWN).join(separator);
  return lines.length > SHOWN ? `${shown}${separator}… (${lines.length} in all)` : shown;
}
