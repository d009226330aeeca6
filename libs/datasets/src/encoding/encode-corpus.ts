// Encodes an opened corpus: generated stories and texts in memory, files through the cache folder.
import { encodeFiles } from '#corpus-files';
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import {
  partDocuments,
  TASK_NAMES,
  type Corpus,
  type CorpusPart,
  type CorpusTask,
} from '../corpora/corpus.js';
import { TextHash } from '../text-hash.js';
import type { TokenSource } from '../tokens/token-source.js';
import { DocumentEncoder } from './encode-documents.js';

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
    if (part.kind === 'files') {
      const source = await encodeFiles({ files: part.files, ...part.read }, tokenizer, {
        signal,
        onProgress: (progress) => onProgress?.({ step: 'encode', ...progress }),
      });
      return { source, textHash: source.textHash! };
    }
    const hash = new TextHash();
    const encoder = new DocumentEncoder(tokenizer);
    for await (const text of partDocuments(part, signal)) {
      hash.add({ text, end: true });
      encoder.add(text);
    }
    return { source: encoder.finish(), textHash: hash.hex() };
  };
  const train = await encode(corpus.train);
  const valid = corpus.valid && (await encode(corpus.valid));
  const textHashes = { train: train.textHash, valid: valid?.textHash };
  return { train: train.source, valid: valid?.source, textHashes };
}
