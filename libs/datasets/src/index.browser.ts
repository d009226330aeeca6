// What works in a page: texts in memory.
export { corpusText, storiesCorpus, textCorpus, type Corpus, type CorpusProgress } from './corpora/corpus.js';
export { createTokenizer } from './encoding/create-tokenizer.js';
export { encodeCorpus } from './encoding/encode-corpus.js';
export { encodeDocuments } from './encoding/encode-documents.js';
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
