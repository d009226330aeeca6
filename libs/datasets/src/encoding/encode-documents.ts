// Encodes documents in memory.
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import {
  concatIds,
  encodeJob,
  JobBuilder,
  type EncodeDocumentsOptions,
  type Ids,
  type Job,
} from './encode-jobs.js';
import { arraySource, tokenDType, type TokenDType, type TokenSource } from '../tokens/token-source.js';

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
  const encoder = new DocumentEncoder(tokenizer, options);
  for (const text of typeof documents === 'string' ? [documents] : documents) encoder.add(text);
  return encoder.finish();
}

/** Encodes documents one after the other. */
export class DocumentEncoder {
  readonly #dtype: TokenDType;
  readonly #builder: JobBuilder;
  readonly #parts: Ids[] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: EncodeDocumentsOptions = {},
  ) {
    this.#dtype = tokenDType(tokenizer.vocabSize);
    this.#builder = new JobBuilder(tokenizer, options);
  }

  add(text: string): void {
    if (text === '') return;
    for (const job of this.#builder.add({ text, end: true })) this.#encode(job);
  }

  /** The tokens of all documents. @throws Error when there are none */
  finish(): TokenSource {
    const last = this.#builder.finish();
    if (last !== undefined) this.#encode(last);
    const ids = concatIds(this.#parts, this.#dtype);
    if (ids.length === 0) throw new Error('the documents give no tokens: there are none, or only empty ones');
    return arraySource(ids);
  }

  #encode(job: Job): void {
    this.#parts.push(encodeJob(this.tokenizer, job, this.#dtype, this.options));
  }
}
