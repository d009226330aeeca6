// Pages have no files with paths.
import type { CorpusPart } from '../corpus.js';

/** @throws Error: there are no paths */
export function fileParts(_files: readonly string[], _mayCutLines: boolean): AsyncGenerator<CorpusPart> {
  throw new Error('corpus: { files } needs Node. Expected a string or an iterable of strings in a page.');
}
