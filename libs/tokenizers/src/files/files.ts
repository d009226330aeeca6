// Loads and saves tokenizers.
import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Tokenizer } from '../tokenizer.js';
import { readTokenizerFolder } from './folder.js';
import { tokenizerFromJSON } from './from-json.js';
import { readJson } from './read-json.js';

/**
 * Loads a tokenizer from its JSON file, or from a Hugging Face folder: `tokenizer.json`, else `vocab.json` with
 * `merges.txt` (GPT-2, BART), else `vocab.txt` (BERT).
 *
 * @throws Error naming the file and the wrong field, or what the folder lacks
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const isFolder = await stat(path).then(
    (file) => file.isDirectory(),
    () => false,
  );
  const found = isFolder ? await readTokenizerFolder(path) : { path, json: await readJson(path) };
  try {
    return tokenizerFromJSON(found.json);
  } catch (error) {
    throw new Error(`${found.path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes `tokenizer.toJSON()` to a temporary file and renames it, so that a failure leaves the old file intact. */
export async function saveTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  const id = `${process.pid}.${randomBytes(4).toString('hex')}`;
  const temporary = join(dirname(path), `.${basename(path)}.${id}.tmp`);
  try {
    const text = `${JSON.stringify(tokenizer.toJSON(), null, 2)}\n`;
    await writeFile(temporary, text, { flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`${path}: cannot save the tokenizer: ${(error as Error).message}`, { cause: error });
  }
}
