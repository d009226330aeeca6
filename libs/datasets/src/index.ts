export * from './index.browser.js';
export { corpusPath } from './corpora/known-corpora.js';
export { openCorpus } from './corpora/open-corpus.js';
export { readDocuments } from './documents/read-documents.js';
export { encodeCached } from './encoding/encode-cached.js';
export { encodeToFile } from './encoding/encode-file.js';
export { openTokenFile } from './tokens/token-file.js';
