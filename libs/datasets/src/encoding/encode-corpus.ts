// Encodes an opened corpus: generated stories in memory, files through the cache folder.
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import {
  partStories,
  TASK_NAMES,
  type Corpus,
  type CorpusPart,
  type CorpusTask,
} from '../corpora/open-corpus.js';
import { TextHash } from '../file-hash.js';
import type { TokenSource } from '../tokens/token-source.js';
import { encodeCached } from './encode-cached.js';
import { encodeDocuments } from './encode-documents.js';

/** Encodes both parts of a corpus. `textHashes` are their SHA-256 in hexadecimal. */
export async function encodeCorpus(
  corpus: Corpus,
  tokenizer: Tokenizer,
  task: CorpusTask = {},
): Promise<{
  train: TokenSource;
  valid: TokenSource | undefined;
  textHashes: { train: string; valid: string | undefined };
}> {
  checkOptionNames(task, TASK_NAMES);
  const { signal, onProgress } = task;
  const encode = async (part: CorpusPart): Promise<{ source: TokenSource; textHash: string }> => {
    if (part.kind === 'stories') {
      const hash = new TextHash();
      const source = encodeDocuments(tokenizer, hashed(partStories(part), hash));
      return { source, textHash: hash.digest().toString('hex') };
    }
    const source = await encodeCached({ files: part.files, ...part.read }, tokenizer, {
      signal,
      onProgress: (progress) => onProgress?.({ step: 'encode', ...progress }),
    });
    return { source, textHash: source.textHash! };
  };
  const train = await encode(corpus.train);
  const valid = corpus.valid && (await encode(corpus.valid));
  const textHashes = { train: train.textHash, valid: valid?.textHash };
  return { train: train.source, valid: valid?.source, textHashes };
}

function* hashed(documents: Iterable<string>, hash: TextHash): Generator<string> {
  for (const text of documents) {
    hash.add({ text, end: true });
    yield text;
  }
}
