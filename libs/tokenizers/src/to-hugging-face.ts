// Our tokenizers as a tokenizer.json that Hugging Face's libraries load, with the same ids.
import { BpeTokenizer } from './bpe.js';
import { CharTokenizer } from './char.js';
import { PipelineTokenizer } from './pipeline.js';
import { noPreTokenizer } from './pre-tokenizers.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * A Hugging Face `tokenizer.json` with the ids of `tokenizer`. Characters become byte-pair encoding that merges nothing;
 * a character that is not among them, where there is no unknown token, is an error here and vanishes there.
 *
 * @throws Error saying that a tokenizer.json cannot hold this kind, such as compact GPT-2.
 */
export function toHuggingFace(tokenizer: Tokenizer): Record<string, unknown> {
  if (tokenizer instanceof BpeTokenizer || tokenizer instanceof PipelineTokenizer) return tokenizer.toJSON();
  if (tokenizer instanceof CharTokenizer) return characters(tokenizer).toJSON();
  throw new Error(
    `${tokenizer.constructor.name}: a Hugging Face tokenizer.json cannot hold this tokenizer; save the model without it`,
  );
}

function characters(tokenizer: CharTokenizer): BpeTokenizer {
  const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id)!);
  const unknown = tokenizer.unkTokenId === undefined ? null : tokens[tokenizer.unkTokenId];
  return new BpeTokenizer({
    vocab: new Map(tokens.map((token, id) => [token, id])),
    merges: [],
    unkToken: unknown,
    fuseUnk: false,
    byteFallback: false,
    ignoreMerges: false,
    continuingSubwordPrefix: null,
    endOfWordSuffix: null,
    addedTokens: [],
    preTokenizer: noPreTokenizer(),
    decoder: { type: 'Fuse' },
    trimOffsets: null,
  });
}
