// Encodes a corpus of any size into a token file on all cores.
import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import { createFolder } from '../cache-folder.js';
import { isRunning } from '../corpora/file-lock.js';
import { encodeJob, JobBuilder, type EncodeDocumentsOptions, type Ids, type Job } from './encode-jobs.js';
import { EncodePool } from './encode-pool.js';
import { fileSize, type Tally } from '../documents/file-bytes.js';
import { limitCharacters, type Fragment, type ReadOptions } from '../documents/fragments.js';
import { TextHash } from '../text-hash.js';
import { ProgressMeter, type Progress } from '../progress.js';
import { readFragments } from '../documents/read-documents.js';
import { HEADER_BYTES, tokenFileHeader } from '../tokens/token-file.js';
import { tokenDType } from '../tokens/token-source.js';

/** Files with read options, or documents. */
export type CorpusInput =
  | ({ files: readonly string[] } & Omit<ReadOptions, 'signal'>)
  | { documents: Iterable<string> | AsyncIterable<string>; maxCharacters?: number };

export interface EncodeProgress extends Progress {
  /** Tokens written. */
  tokens: number;
}

export interface EncodeCorpusOptions extends EncodeDocumentsOptions {
  /**
   * Encoding threads. Default: the number of cores, at most 12, which keeps memory below half a gigabyte. With 1, and
   * for a corpus below a few megabytes, the calling thread encodes. The tokens do not depend on it.
   */
  workers?: number;
  /** Called at most ten times a second and at the end. */
  onProgress?: (progress: EncodeProgress) => void;
  signal?: AbortSignal;
}

export const NAMES = Object.keys({
  joiner: true,
  splitSpecialTokens: true,
  workers: true,
  onProgress: true,
  signal: true,
} satisfies Record<keyof EncodeCorpusOptions, true>);

const MOST_WORKERS = 12;
/** Jobs that justify starting threads: 4 million characters. */
const JOBS_BEFORE_WORKERS = 16;
/** Jobs per thread: one running, one waiting. */
const JOBS_PER_WORKER = 2;
/** Age after which a temporary file of another machine is considered abandoned. */
const ABANDONED_MS = 3_600_000;
/** Stands for this machine in the names of temporary files. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/**
 * Encodes a corpus into the token file `path` in constant memory. Each document ends with the tokenizer's end-of-text
 * id; with a tokenizer that has none, `joiner` separates documents. The file is renamed when it is complete; a failed
 * encoding leaves an existing file unchanged.
 * @returns the number of tokens
 * @throws Error with file or document and position for input that cannot be read or encoded
 */
export async function encodeToFile(
  input: CorpusInput,
  tokenizer: Tokenizer,
  path: string,
  options: EncodeCorpusOptions = {},
): Promise<number> {
  checkOptionNames(options, NAMES);
  const { workers = Math.min(availableParallelism(), MOST_WORKERS), signal } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`workers ${workers}: expected a whole number of at least 1`);
  }
  signal?.throwIfAborted();
  await createFolder(dirname(path));
  await removeAbandoned(dirname(path));
  const temporary = `${path}.${HOST}-${process.pid}-${randomBytes(6).toString('hex')}.partial`;
  const file = await open(temporary, 'wx');
  try {
    let tokens: number;
    try {
      tokens = await encodeInto(file, input, tokenizer, workers, options);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return tokens;
  } catch (error) {
    await rm(temporary, { force: true });
    signal?.throwIfAborted();
    throw error;
  }
}

async function encodeInto(
  file: FileHandle,
  input: CorpusInput,
  tokenizer: Tokenizer,
  workers: number,
  options: EncodeCorpusOptions,
): Promise<number> {
  const { signal } = options;
  const dtype = tokenDType(tokenizer.vocabSize);
  const tally: Tally = { bytes: 0 };
  const totalBytes =
    'files' in input ? (await Promise.all(input.files.map(fileSize))).reduce((a, b) => a + b, 0) : undefined;
  const meter = new ProgressMeter(0);
  let tokens = 0;
  let position = HEADER_BYTES;
  let checksum = 0;
  const textHash = new TextHash();
  let bytesDone = 0;
  const report = (always: boolean) => {
    const progress = meter.update(bytesDone, totalBytes, always);
    if (progress !== undefined) options.onProgress?.({ ...progress, tokens });
  };

  let pool: EncodePool | undefined;
  const encoding: { ids: Promise<Ids>; bytes: number }[] = [];
  const writeNext = async () => {
    const { ids: promised, bytes } = encoding.shift()!;
    const ids = await promised;
    signal?.throwIfAborted();
    const written = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
    await writeAll(file, written, position);
    checksum = crc32(written, checksum);
    position += ids.byteLength;
    tokens += ids.length;
    bytesDone = bytes;
    report(false);
  };
  const jobs = jobsOf(input, tokenizer, options, tally, textHash);
  try {
    // The first jobs wait until it is known whether threads are justified.
    const first: { job: Job; bytes: number }[] = [];
    const start = async ({ job, bytes }: (typeof first)[number], threads: boolean) => {
      if (threads) {
        const settings = { joiner: options.joiner, splitSpecialTokens: options.splitSpecialTokens };
        pool ??= new EncodePool(workers, { tokenizer: tokenizer.toJSON(), dtype, options: settings });
        const ids = pool.encode(job);
        ids.catch(() => undefined); // awaited in order, later
        encoding.push({ ids, bytes });
        if (encoding.length >= workers * JOBS_PER_WORKER) await writeNext();
      } else {
        encoding.push({ ids: Promise.resolve(encodeJob(tokenizer, job, dtype, options)), bytes });
        await writeNext();
      }
    };
    for await (const job of jobs) {
      signal?.throwIfAborted();
      first.push({ job, bytes: tally.bytes });
      if (pool === undefined && workers > 1 && first.length < JOBS_BEFORE_WORKERS) continue;
      for (const waiting of first.splice(0)) await start(waiting, workers > 1);
    }
    for (const waiting of first) await start(waiting, false);
    while (encoding.length > 0) await writeNext();
  } catch (error) {
    throw 'files' in input && error instanceof Error && /^(document|the joiner)/.test(error.message)
      ? new Error(`${input.files.join(', ')}: ${error.message}`, { cause: error })
      : error;
  } finally {
    await pool?.close();
  }
  if (tokens === 0) throw new Error('the corpus gives no tokens: it has no documents, or only empty ones');
  const header = { dtype, length: tokens, vocabSize: tokenizer.vocabSize, textHash: textHash.digest() };
  await writeAll(file, tokenFileHeader(header, checksum), 0);
  report(true);
  return tokens;
}

async function* jobsOf(
  input: CorpusInput,
  tokenizer: Tokenizer,
  options: EncodeCorpusOptions,
  tally: Tally,
  textHash: TextHash,
): AsyncGenerator<Job> {
  const fragments =
    'files' in input
      ? readFragments(input.files, { ...input, signal: options.signal }, tally)
      : documentFragments(input.documents, input.maxCharacters, tally);
  const builder = new JobBuilder(tokenizer, options);
  for await (const batch of fragments) {
    for (const fragment of batch) {
      textHash.add(fragment);
      yield* builder.add(fragment);
    }
  }
  const last = builder.finish();
  if (last !== undefined) yield last;
}

function documentFragments(
  documents: Iterable<string> | AsyncIterable<string>,
  maxCharacters: number | undefined,
  tally: Tally,
): AsyncGenerator<Fragment[]> {
  const all = (async function* () {
    for await (const text of documents) {
      tally.bytes += Buffer.byteLength(text);
      if (text !== '') yield [{ text, end: true }];
    }
  })();
  return maxCharacters === undefined ? all : limitCharacters(all, maxCharacters);
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

/** Removes temporary files of killed encodings from a folder. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, host, pid] = /\.([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.partial$/.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(folder, name);
    const modified = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    const isAbandoned = host === HOST ? !isRunning(Number(pid)) : Date.now() - modified > ABANDONED_MS;
    if (isAbandoned) await rm(path, { force: true });
  }
}
