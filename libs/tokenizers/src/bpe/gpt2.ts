// GPT-2's tokenizer. The npm package gpt-tokenizer lists its 50,256 tokens by rank, without merges. The merges follow from
// the ranks: encoding a token with the merges of lower rank leaves exactly the two parts that its own merge joins.
import { createRequire } from 'node:module';
import { specialToken } from '../pipeline/added-tokens.js';
import { byteLevel } from '../pipeline/pre-tokenizers.js';
import { BpeTokenizer } from './bpe.js';
import { BPE_DEFAULTS } from './bpe-config.js';
import { bytesToToken } from './byte-level.js';
import { PairMap } from './pair-map.js';
import { WordMerger } from './word-merger.js';

const END_OF_TEXT = '<|endoftext|>';

let shared: BpeTokenizer | undefined;

/**
 * GPT-2's tokenizer, built at the first call and then shared: 50,256 byte-level tokens and `<|endoftext|>` (50256).
 * White space is Unicode's, as in Hugging Face's tokenizer; JavaScript encoders differ at U+0085 and U+FEFF.
 *
 * @throws Error when gpt-tokenizer is not installed
 */
export function gpt2Tokenizer(): BpeTokenizer {
  return (shared ??= build());
}

function build(): BpeTokenizer {
  const encoder = new TextEncoder();
  const tokens = readRanks().map((token) => (typeof token === 'string' ? encoder.encode(token) : token));
  const names = tokens.map(bytesToToken);
  const byteIds = new Int32Array(256);
  tokens.forEach((bytes, id) => {
    if (bytes.length === 1) byteIds[bytes[0]] = id;
  });

  const ranks = new PairMap(tokens.length);
  const merged = new Int32Array(tokens.length);
  const merger = new WordMerger();
  const merges: [string, string][] = [];
  tokens.forEach((bytes, id) => {
    if (bytes.length === 1) return;
    merger.reset(bytes.length);
    bytes.forEach((byte, i) => merger.push(byteIds[byte], i, i + 1));
    merger.merge(ranks, merged);
    if (merger.size !== 2)
      throw new Error(`gpt-tokenizer: token ${id} is not a merge of two tokens of lower rank.`);
    const [left, right] = merger.ids;
    ranks.set(left, right, merges.length);
    merged[merges.length] = id;
    merges.push([names[left], names[right]]);
  });

  return new BpeTokenizer({
    ...BPE_DEFAULTS,
    vocab: new Map([...names, END_OF_TEXT].map((name, id) => [name, id])),
    merges,
    addedTokens: [specialToken(names.length, END_OF_TEXT)],
    preTokenizer: byteLevel(),
    decoder: { type: 'ByteLevel' },
  });
}

/** Tokens by rank: strings where they are UTF-8, else bytes. */
function readRanks(): readonly (string | readonly number[])[] {
  let module: { default?: unknown };
  try {
    module = createRequire(import.meta.url)('gpt-tokenizer/bpeRanks/r50k_base') as typeof module;
  } catch (error) {
    throw new Error(
      'gpt-tokenizer: the package with the GPT-2 vocabulary cannot be loaded. Run `npm i gpt-tokenizer`.',
      { cause: error },
    );
  }
  if (!Array.isArray(module.default) || module.default.length !== 50_256) {
    throw new Error('gpt-tokenizer: unknown layout of the GPT-2 vocabulary. Run `npm i gpt-tokenizer@4`.');
  }
  return module.default as (string | number[])[];
}
