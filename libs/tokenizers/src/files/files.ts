// Loads and saves tokenizers.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Tokenizer } from '../tokenizer.js';
import { readTokenizerFolder } from './folder.js';
import { decodeText, parseJson } from './parse-files.js';
import { namedTokenizer } from './tokenizer-from-files.js';
import { TokenizerFiles } from './tokenizer-files.js';

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
  if (!isFolder) return namedTokenizer(path, parseJson(decodeText(await readBytes(path), path), path));
  const pathOf = (name: string): string => join(path, name);
  const files = new TokenizerFiles(path, await readdir(path), (name) => readBytes(pathOf(name)), pathOf);
  const found = await readTokenizerFolder(files);
  return namedTokenizer(found.path, found.json);
}

/** @throws Error naming the file when it is missing or not a regular file */
async function readBytes(path: string): Promise<Uint8Array> {
  try {
    // A FIFO or a device could be read for ever.
    const file = await stat(path);
    if (!file.isFile())
      throw new Error('not a regular file. Expected a tokenizer file or a folder with one.');
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'no such file. Expected a tokenizer file or a folder with one.' : message;
    throw new Error(`${path}: ${reason}`, { cause: error });
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
