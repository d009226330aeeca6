// Encodes a corpus through the cache folder.
import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import { cacheError, cacheFolder, createCacheFolder } from '../cache-folder.js';
import {
  encodeToFile,
  NAMES,
  removeAbandoned,
  type CorpusInput,
  type EncodeCorpusOptions,
} from './encode-file.js';
import { fileSize } from '../documents/file-bytes.js';
import { fileSha256 } from '../file-hash.js';
import { openTokenFile, type TokenFile } from '../tokens/token-file.js';

/** A corpus with a cache key: files are identified by name and content, documents by `key`. */
export type CacheableCorpus =
  | Extract<CorpusInput, { files: readonly string[] }>
  | (Extract<CorpusInput, { documents: unknown }> & {
      /** Identifies the documents: different documents need different keys. */
      key: string;
    });

export interface EncodeCachedOptions extends EncodeCorpusOptions {
  /** Folder for the token file. Default: the cache folder. */
  cache?: string;
}

/** Increment when the same text and tokenizer would give other ids. */
const GENERATION = 2;

/**
 * Encodes a corpus the first time and opens the cached tokens afterwards. A changed file, tokenizer or option, and a
 * damaged cache file, cause a new encoding.
 */
export async function encodeCached(
  corpus: CacheableCorpus,
  tokenizer: Tokenizer,
  options: EncodeCachedOptions = {},
): Promise<TokenFile> {
  checkOptionNames(options, ['cache', ...NAMES]);
  const { cache = cacheFolder(), ...rest } = options;
  const path = join(cache, 'tokens', `${await corpusKey(corpus, tokenizer, options)}.tokens`);
  const cached = await tryOpen(path);
  if (cached !== undefined) return cached;
  await createCacheFolder(dirname(path));
  await removeAbandoned(dirname(path));
  try {
    await encodeToFile(corpus, tokenizer, path, rest);
  } catch (error) {
    const isWrite = ['open', 'write', 'fsync', 'rename'].includes(
      (error as NodeJS.ErrnoException).syscall ?? '',
    );
    throw isWrite ? cacheError(path, error) : error;
  }
  return openTokenFile(path);
}

async function tryOpen(path: string): Promise<TokenFile | undefined> {
  try {
    await access(path);
    return openTokenFile(path);
  } catch {
    return undefined; // missing or damaged: encode
  }
}

async function corpusKey(
  corpus: CacheableCorpus,
  tokenizer: Tokenizer,
  options: EncodeCachedOptions,
): Promise<string> {
  const { joiner = '\n', splitSpecialTokens = true } = options;
  const source =
    'files' in corpus
      ? { ...corpus, files: await Promise.all(corpus.files.map((file) => identity(file, options.signal))) }
      : { key: corpus.key, maxCharacters: corpus.maxCharacters };
  const description = {
    generation: GENERATION,
    source,
    joiner,
    splitSpecialTokens,
    tokenizer: tokenizer.toJSON(),
  };
  return createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 32);
}

/** Name, which determines the format, and hash of a file. */
async function identity(path: string, signal: AbortSignal | undefined): Promise<string[]> {
  await fileSize(path); // throws a descriptive error
  return [basename(path), await fileSha256(path, signal)];
}
