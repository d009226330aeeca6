// Corpora that are downloaded by name: URL at a fixed revision, size, SHA-256.
import { join } from 'node:path';
import { checkOptionNames } from '@lilformer/tokenizers';
import { cacheFolder } from '../cache-folder.js';
import { download, DownloadError, type DownloadOptions } from './download.js';
import { RetryableError } from './http-part.js';

export interface KnownCorpus {
  /** URL at a fixed revision. */
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

const HUB = 'https://huggingface.co';
const TINY_STORIES = `${HUB}/datasets/roneneldan/TinyStories/resolve/f54c09fd23315a6f9c86f9dc80f725de7d8f9c64`;

export const CORPORA = {
  'tiny-shakespeare': {
    url: 'https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt',
    bytes: 1_115_394,
    sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
  },
  'tinystories-train': {
    url: `${TINY_STORIES}/TinyStories-train.txt`,
    bytes: 1_924_281_556,
    sha256: 'c5cf5e22ff13614e830afbe61a99fbcbe8bcb7dd72252b989fa1117a368d401f',
  },
  'tinystories-valid': {
    url: `${TINY_STORIES}/TinyStories-valid.txt`,
    bytes: 19_447_282,
    sha256: '94e431816c4cce81ff71e4408ff8d3bda9a42e8d2663986697c3954288cb38b4',
  },
  'tinystories-v2-train': {
    url: `${TINY_STORIES}/TinyStoriesV2-GPT4-train.txt`,
    bytes: 2_227_753_162,
    sha256: '6418d412de72888f52b5142c761ac21a582f7d1166f0bfbdb5f03ccfdec90443',
  },
  'tinystories-v2-valid': {
    url: `${TINY_STORIES}/TinyStoriesV2-GPT4-valid.txt`,
    bytes: 22_502_601,
    sha256: '6874bae9a4c1a4e7edcf0e53b86c17817e9cf881fc75ff2368da457b80c0585d',
  },
} as const satisfies Record<string, KnownCorpus>;

export type CorpusName = keyof typeof CORPORA;

export interface CorpusOptions extends Omit<DownloadOptions, 'bytes' | 'sha256'> {
  /** Mirror that replaces scheme and host of the URL. Default for TinyStories: the variable `HF_ENDPOINT`. */
  endpoint?: string;
  /** Folder for the file. Default: the cache folder. */
  cache?: string;
}

const NAMES = Object.keys({
  endpoint: true,
  cache: true,
  onProgress: true,
  signal: true,
  retries: true,
  retryDelayMs: true,
  stallTimeoutMs: true,
} satisfies Record<keyof CorpusOptions, true>);

/**
 * Returns the path of a known corpus on this machine. Downloads it the first time and verifies size and SHA-256.
 * @throws Error when the name is unknown or the download fails
 */
export async function corpusPath(name: CorpusName, options: CorpusOptions = {}): Promise<string> {
  if (!Object.hasOwn(CORPORA, name)) {
    throw new Error(
      `unknown corpus ${JSON.stringify(name)}: expected one of ${Object.keys(CORPORA).join(', ')}`,
    );
  }
  checkOptionNames(options, NAMES);
  const corpus: KnownCorpus = CORPORA[name];
  const { endpoint, cache = cacheFolder(), ...rest } = options;
  const path = join(cache, 'corpora', `${name}.txt`);
  const mirror = endpoint ?? (corpus.url.startsWith(HUB) ? process.env.HF_ENDPOINT : undefined);
  if (mirror && !/^https?:\/\//.test(mirror)) {
    const setting = endpoint === undefined ? 'HF_ENDPOINT' : 'endpoint';
    throw new Error(
      `${setting} ${JSON.stringify(mirror)}: expected an address such as https://huggingface.co`,
    );
  }
  const url = mirror ? mirror.replace(/\/+$/, '') + new URL(corpus.url).pathname : corpus.url;
  try {
    await download(url, path, { ...rest, bytes: corpus.bytes, sha256: corpus.sha256 });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new Error(
      [
        `the corpus ${name} (${corpus.bytes.toLocaleString('en-US')} bytes) is not in ${join(cache, 'corpora')} and could not be fetched.`,
        `Tried ${error.message}`,
        ...(error.cause instanceof RetryableError ? ['The next attempt resumes the download.'] : []),
        `Without a network, use a file of your own (option data), or put this one at ${path}.`,
      ].join('\n'),
      { cause: error },
    );
  }
  return path;
}
