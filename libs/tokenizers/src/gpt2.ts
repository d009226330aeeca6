// GPT-2's own tokenizer: its 50,257 tokens come from the npm package gpt-tokenizer, which lists them by rank, and are
// read when they are first needed. The list has no merges; they follow from it, because GPT-2's vocabulary was made by
// merging: encoding a token with the merges before its own leaves exactly the two parts that its own merge joined.
import { createRequire } from 'node:module';
import { BpeTokenizer } from './bpe.js';
import { bytesToToken } from './byte-level.js';
import { Merger } from './merger.js';
import { PairTable } from './pair-table.js';
import { byteLevel } from './pre-tokenizers.js';

const END_OF_TEXT = '<|endoftext|>';

let shared: BpeTokenizer | undefined;

/**
 * GPT-2's tokenizer, built at the first call and then shared: 50,256 byte-level tokens and `<|endoftext|>` (50256).
 * White space is Unicode's, as in Hugging Face's; JavaScript encoders differ at U+0085 and U+FEFF.
 *
 * @throws Error when gpt-tokenizer is not installed.
 */
export function gpt2Tokenizer(): BpeTokenizer {
  return (shared ??= build());
}

function build(): BpeTokenizer {
  const ranked = readRanks();
  const encoder = new TextEncoder();
  const tokens = ranked.map((token) =>
    typeof token === 'string' ? encoder.encode(token) : Uint8Array.from(token),
  );
  const names = tokens.map(bytesToToken);
  const byteIds = new Int32Array(256).fill(-1);
  tokens.forEach((bytes, id) => {
    if (bytes.length === 1) byteIds[bytes[0]] = id;
  });

  const table = new PairTable(tokens.length);
  const merged = new Int32Array(tokens.length);
  const merger = new Merger();
  const merges: [string, string][] = [];
  tokens.forEach((bytes, id) => {
    if (bytes.length === 1) return;
    merger.reset(bytes.length);
    bytes.forEach((byte, i) => merger.push(byteIds[byte], i, i + 1));
    merger.merge(table, merged);
    const [left, right] = merger.ids;
    if (merger.size !== 2) throw new Error(`gpt-tokenizer: token ${id} is no merge of two tokens before it`);
    table.set(left, right, merges.length);
    merged[merges.length] = id;
    merges.push([names[left], names[right]]);
  });

  const vocab = new Map(names.map((name, id) => [name, id]));
  vocab.set(END_OF_TEXT, names.length);
  return new BpeTokenizer({
    vocab,
    merges,
    unkToken: null,
    fuseUnk: false,
    byteFallback: false,
    ignoreMerges: false,
    continuingSubwordPrefix: null,
    endOfWordSuffix: null,
    addedTokens: [
      {
        id: names.length,
        content: END_OF_TEXT,
        singleWord: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    preTokenizer: byteLevel(),
    decoder: { type: 'ByteLevel' },
    trimOffsets: null,
  });
}

/** Tokens by rank: text where they are UTF-8, else bytes. */
function readRanks(): readonly (string | readonly number[])[] {
  let module: unknown;
  try {
    module = createRequire(import.meta.url)('gpt-tokenizer/bpeRanks/r50k_base');
  } catch (error) {
    throw new Error(
      'GPT-2 vocabulary: cannot load the package gpt-tokenizer; install it with `npm i gpt-tokenizer`',
      {
        cause: error,
      },
    );
  }
  const ranks = (module as { default?: unknown }).default;
  if (!Array.isArray(ranks) || ranks.length !== 50_256) {
    throw new Error(
      'GPT-2 vocabulary: gpt-tokenizer has another layout than expected; install gpt-tokenizer 4',
    );
  }
  return ranks as (string | number[])[];
}
