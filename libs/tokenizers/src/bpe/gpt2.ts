// GPT-2's tokenizer. Its vocabulary follows from the merges: the 256 bytes, printable ones first, then one token for each merge.
import { specialToken } from '../pipeline/added-tokens.js';
import { byteLevel } from '../pipeline/pre-tokenizers.js';
import { BpeTokenizer } from './bpe.js';
import { BPE_DEFAULTS } from './bpe-config.js';
import { BYTE_CHARACTERS } from './byte-level.js';
import { GPT2_MERGES } from './gpt2-merges.js';

const END_OF_TEXT = '<|endoftext|>';

let shared: BpeTokenizer | undefined;

/**
 * GPT-2's tokenizer, built at the first call and then shared: 50,256 byte-level tokens and `<|endoftext|>` (50256).
 * White space is Unicode's, as in Hugging Face's tokenizer; JavaScript encoders differ at U+0085 and U+FEFF.
 */
export function gpt2Tokenizer(): BpeTokenizer {
  return (shared ??= build());
}

function build(): BpeTokenizer {
  const names = [...BYTE_CHARACTERS].sort(); // by code point
  const bytes = atob(GPT2_MERGES);
  const idAt = (offset: number) => bytes.charCodeAt(offset) | (bytes.charCodeAt(offset + 1) << 8);
  const merges: [string, string][] = [];
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const merge: [string, string] = [names[idAt(offset)], names[idAt(offset + 2)]];
    merges.push(merge);
    names.push(merge[0] + merge[1]);
  }
  return new BpeTokenizer({
    ...BPE_DEFAULTS,
    vocab: new Map([...names, END_OF_TEXT].map((name, id) => [name, id])),
    merges,
    addedTokens: [specialToken(names.length, END_OF_TEXT)],
    preTokenizer: byteLevel(),
    decoder: { type: 'ByteLevel' },
  });
}
