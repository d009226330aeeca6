// The files of a model: in a folder, or in memory.
import type { FileInput } from '@lilformer/checkpoints';
import { tokenizerFromFiles, type Tokenizer } from '@lilformer/tokenizers';
import { mainWeights } from './model-files.js';

/** The files of a model by name, such as those that a user dropped on a page. */
export type ModelFiles = ReadonlyMap<string, Blob | Uint8Array>;

/** Where the files of a model are. */
export interface ModelFolder {
  /** For messages. */
  readonly path: string;
  /** Names of the files; empty without a folder. */
  names(): Promise<readonly string[]>;
  has(name: string): Promise<boolean>;
  /** Path of a file, for messages. */
  pathOf(name: string): string;
  /** What the readers of files take; undefined for a file that is known to be missing. */
  file(name: string): FileInput | undefined;
  /** The tokenizer of the folder, or of one JSON file. */
  tokenizer(name?: string): Promise<Tokenizer>;
}

/** Where a source is: its folder, and the name of the file when the source is one. */
export interface Located {
  readonly folder: ModelFolder;
  readonly file?: string;
}

/** Weights in one file. */
const WEIGHTS = /\.(safetensors|bin|pth?)$/;

/** A folder over files in memory. @throws TypeError for anything else */
export function filesInMemory(files: ModelFiles): Promise<Located> {
  const isMap: boolean = files instanceof Map;
  if (!isMap || files.size === 0) {
    throw new TypeError(
      'source: no files. Expected a path, a name on the Hugging Face Hub, or a Map from names to Blobs or bytes.',
    );
  }
  const path = 'files';
  const names = [...files.keys()];
  const folder: ModelFolder = {
    path,
    names: () => Promise.resolve(names),
    has: (name) => Promise.resolve(files.has(name)),
    pathOf: (name) => `${path}/${name}`,
    file: (name) => files.get(name),
    async tokenizer(name) {
      if (name === undefined) return tokenizerFromFiles(files, path);
      const file = files.get(name)!;
      return tokenizerFromFiles(new Map([['tokenizer.json', file]]), path);
    },
  };
  const weights = names.filter((name) => WEIGHTS.test(name));
  const file = mainWeights(names) === undefined && weights.length === 1 ? weights[0] : undefined;
  return Promise.resolve({ folder, file });
}
