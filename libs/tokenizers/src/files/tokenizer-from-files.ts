// Builds a tokenizer from files in memory.
import type { Tokenizer } from '../tokenizer.js';
import { readTokenizerFolder } from './folder.js';
import { tokenizerFromJSON } from './from-json.js';
import { TokenizerFiles } from './tokenizer-files.js';

/**
 * Builds a tokenizer from the files of a Hugging Face folder in memory: `tokenizer.json`, else `vocab.json` with
 * `merges.txt` (GPT-2, BART), else `vocab.txt` (BERT).
 *
 * @param files by name
 * @param path of the folder, for messages
 * @throws Error naming the file and the wrong field, or what is missing
 */
export async function tokenizerFromFiles(
  files: ReadonlyMap<string, Blob | Uint8Array>,
  path = 'files',
): Promise<Tokenizer> {
  const read = async (name: string): Promise<Uint8Array> => {
    const file = files.get(name)!;
    return file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
  };
  const found = await readTokenizerFolder(
    new TokenizerFiles(path, [...files.keys()], read, (name) => `${path}/${name}`),
  );
  return namedTokenizer(found.path, found.json);
}

/** Builds a tokenizer from its JSON. @throws Error naming the file and the wrong field */
export function namedTokenizer(path: string, json: unknown): Tokenizer {
  try {
    return tokenizerFromJSON(json);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
