// Where a text starts that shall start from nothing: a token drawn at random, as character models often do.
import type { Tokenizer } from '@lilformer/tokenizers';
import { randomFrom } from './options.js';

/**
 * A prompt of one token, each of the vocabulary alike; unknown, padding and end of text are no start.
 *
 * @param seed the same seed gives the same token; left out, every call draws anew
 * @throws RangeError when the seed is no whole number and no text, or the tokenizer has no token to start from
 */
export function randomStart(tokenizer: Tokenizer, seed?: number | string): number[] {
  const { unkTokenId, padTokenId, eosTokenId } = tokenizer;
  const ids = Array.from({ length: tokenizer.vocabSize }, (_, id) => id);
  const drawable = ids.filter((id) => id !== unkTokenId && id !== padTokenId && id !== eosTokenId);
  if (drawable.length === 0) throw new RangeError('randomStart: the tokenizer has special tokens only');
  return [drawable[randomFrom(seed).split('start').integer(drawable.length)]];
}
