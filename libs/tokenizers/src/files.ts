// Tokenizers on disk, and which kind a JSON is.
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BpeTokenizer } from './bpe.js';
import { CharTokenizer } from './char.js';
import { CompactTokenizer } from './compact.js';
import { readTokenizerFolder } from './folder.js';
import { expectRecord } from './json-checks.js';
import { PipelineTokenizer } from './pipeline.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * Builds the tokenizer that a `toJSON()` came from, or that Hugging Face or a compact table's maker wrote.
 *
 * @throws Error naming what is wrong with the JSON.
 */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  const record = expectRecord(json, 'tokenizer');
  if (record.type === 'char') return CharTokenizer.fromJSON(record);
  if ('gpt2_to_compact' in record) return CompactTokenizer.fromJSON(record);
  if ('model' in record)
    return isBpe(record.model) ? BpeTokenizer.fromJSON(record) : PipelineTokenizer.fromJSON(record);
  throw new Error(
    'tokenizer: the JSON is of no kind that is known; expected "type": "char", a compact table with "gpt2_to_compact", ' +
      'or a Hugging Face tokenizer.json with "model"',
  );
}

/** Files of old versions leave the model's type out; what others do not have is merges. */
function isBpe(model: unknown): boolean {
  if (typeof model !== 'object' || model === null) return true;
  const { type, merges } = model as Record<string, unknown>;
  return type === 'BPE' || (type === undefined && merges !== undefined);
}

/**
 * Reads a tokenizer's JSON, or the tokenizer of a folder of Hugging Face's: `tokenizer.json`, or else `vocab.json` with
 * `merges.txt` (GPT-2, BART), or `vocab.txt` (BERT).
 *
 * @throws Error naming the file and what is wrong with it, or what the folder lacks.
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const found = await read(path);
  try {
    return tokenizerFromJSON(found.json);
  } catch (error) {
    throw new Error(`${found.path}: ${(error as Error).message}`, { cause: error });
  }
}

async function read(path: string): Promise<{ path: string; json: unknown }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') return readTokenizerFolder(path);
    const reason = code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw new Error(`${path}: ${reason}; expected a tokenizer's JSON, or a folder with one`, {
      cause: error,
    });
  }
  try {
    return { path, json: JSON.parse(text) };
  } catch (error) {
    throw new Error(`${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes `tokenizer.toJSON()`: under another name first, so that what was there stays until all is on disk. */
export async function saveTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(`${JSON.stringify(tokenizer.toJSON(), null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`${path}: cannot save the tokenizer: ${(error as Error).message}`, { cause: error });
  }
}
