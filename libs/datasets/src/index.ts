export { corpusPath } from './corpora/known-corpora.js';
export { corpusText, openCorpus, type Corpus, type CorpusProgress } from './corpora/open-corpus.js';
export { readDocuments } from './documents/read-documents.js';
export { createTokenizer } from './encoding/create-tokenizer.js';
export { encodeCached } from './encoding/encode-cached.js';
export { encodeCorpus } from './encoding/encode-corpus.js';
export { encodeDocuments } from './encoding/encode-documents.js';
export { encodeToFile } from './encoding/encode-file.js';
export { openTokenFile } from './tokens/token-file.js';
export { arraySource, splitTokens, type TokenSource } from './tokens/token-source.js';
export { batches, type Batches, type BatchState } from './windows/batches.js';
export { makeWindows } from './windows/make-windows.js';
export {
  chunkWindows,
  readBatch,
  slidingWindows,
  splitWindows,
  type Batch,
  type Windows,
} from './windows/windows.js';
