// Encodes an opened corpus: generated stories in memory, files through the cache folder.
import type { Tokenizer } from '@lilformer/tokenizers';
import { partStories, type Corpus, type CorpusPart, type CorpusTask } from '../corpora/open-corpus.js';
import type { TokenSource } from '../tokens/token-source.js';
import { encodeCached } from './encode-cached.js';
import { encodeDocuments } from './encode-documents.js';

/** Encodes both parts of a corpus. */
export async function encodeCorpus(
  corpus: Corpus,
  tokenizer: Tokenizer,
  { signal, onProgress }: CorpusTask = {},
): Promise<{ train: TokenSource; valid: TokenSource | undefined }> {
  const encode = async (part: CorpusPart): Promise<TokenSource> => {
    if (part.kind === 'stories') return encodeDocuments(tokenizer, partStories(part));
    return encodeCached({ files: part.files, ...part.read }, tokenizer, {
      signal,
      onProgress: (progress) => onProgress?.({ step: 'encode', ...progress }),
    });
  };
  return { train: await encode(corpus.train), valid: corpus.valid && (await encode(corpus.valid)) };
}
