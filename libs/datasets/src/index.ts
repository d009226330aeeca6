export { cacheFolder } from './cache-folder.js';
export { CORPORA, corpusPath, type KnownCorpus, type CorpusName, type CorpusOptions } from './corpora.js';
export type { Progress } from './progress.js';
export type { ReadOptions } from './fragments.js';
export { readDocuments } from './read-documents.js';
export { arraySource, splitTokens, type TokenSource } from './token-source.js';
export { openTokenFile, type TokenDType, type TokenFile } from './token-file.js';
export {
  chunkWindows,
  readBatch,
  slidingWindows,
  splitWindows,
  type Batch,
  type Windows,
} from './windows.js';
export { batches, type Batches, type BatchOptions, type BatchState } from './batches.js';
export type { EncodeDocumentsOptions } from './encode-jobs.js';
export { encodeDocuments } from './encode-documents.js';
export {
  encodeToFile,
  type CorpusInput,
  type EncodeCorpusOptions,
  type EncodeProgress,
} from './encode-corpus.js';
export { encodeCached, type CacheableCorpus, type EncodeCachedOptions } from './token-cache.js';
