// Encodes documents in memory.
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import { concatIds, encodeJob, JobBuilder, type EncodeDocumentsOptions, type Ids } from './encode-jobs.js';
import { tokenDType } from '../tokens/token-file.js';
import { arraySource, type TokenSource } from '../tokens/token-source.js';

/**
 * Encodes documents into a token source in memory, with the same tokens as `encodeToFile`. Each document ends with the
 * tokenizer's end-of-text id; with a tokenizer that has none, `joiner` separates documents.
 * @throws Error when a document cannot be encoded or there are no tokens
 */
export function encodeDocuments(
  tokenizer: Tokenizer,
  documents: Iterable<string>,
  options: EncodeDocumentsOptions = {},
): TokenSource {
  checkOptionNames(options, ['joiner', 'splitSpecialTokens']);
  const dtype = tokenDType(tokenizer.vocabSize);
  const builder = new JobBuilder(tokenizer, options);
  const parts: Ids[] = [];
  for (const text of typeof documents === 'string' ? [documents] : documents) {
    if (text === '') continue;
    for (const job of builder.add({ text, end: true })) parts.push(encodeJob(tokenizer, job, dtype, options));
  }
  const last = builder.finish();
  if (last !== undefined) parts.push(encodeJob(tokenizer, last, dtype, options));
  const ids = concatIds(parts, dtype);
  if (ids.length === 0) throw new Error('the documents give no tokens: there are none, or only empty ones');
  return arraySource(ids);
}
