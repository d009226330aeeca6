// Pages have no files: their texts are in memory.
import type { Tokenizer } from '@lilformer/tokenizers';
import type { ReadOptions } from '../documents/fragments.js';
import type * as node from './corpus-files.node.js';

function noFiles(what: string): Error {
  return new Error(
    `${what}: files are not available in a page. Expected a text in memory: textCorpus(text).`,
  );
}

export const readDocuments = (
  files: string | readonly string[],
  _options?: ReadOptions,
): AsyncGenerator<string> => {
  throw noFiles([files].flat().join(', '));
};

export const encodeFiles: typeof node.encodeFiles = (corpus) => {
  throw noFiles('files' in corpus ? corpus.files.join(', ') : 'documents');
};

export const loadTokenizer = (path: string, _baseFolder: string): Promise<Tokenizer> => {
  throw new Error(
    `tokenizer: ${JSON.stringify(path)} is not known. Expected char, bpe, bpe-whitespace or compact-gpt2; a page has no files.`,
  );
};
