// Files of a corpus, and the tokenizer of a file.
import { resolve } from 'node:path';
import { loadTokenizer as load, type Tokenizer } from '@lilformer/tokenizers';

export { readDocuments } from '../documents/read-documents.js';
export { encodeCached as encodeFiles } from '../encoding/encode-cached.js';

/** Loads the tokenizer of a file or folder. */
export const loadTokenizer = (path: string, baseFolder: string): Promise<Tokenizer> =>
  load(resolve(baseFolder, path));
