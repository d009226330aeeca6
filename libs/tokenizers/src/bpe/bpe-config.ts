// Everything that defines a BPE tokenizer: the contents of a `tokenizer.json` with a BPE model.
import type { AddedToken } from '../pipeline/added-tokens.js';
import type { DecoderConfig } from '../pipeline/decoders.js';
import type { PostProcessor } from '../pipeline/post-processor.js';
import type { PreTokenizer } from '../pipeline/pre-tokenizers.js';

export interface BpeConfig extends PostProcessor {
  vocab: ReadonlyMap<string, number>;
  /** In the order of their ranks. */
  merges: readonly (readonly [string, string])[];
  /** Token for characters outside the vocabulary; with null such characters are dropped. */
  unkToken: string | null;
  /** Names of the end-of-text and the padding token; null for the special tokens with usual names. */
  eosToken: string | null;
  padToken: string | null;
  /** Consecutive unknown characters become one unknown token. */
  fuseUnk: boolean;
  /** Unknown characters become their bytes, `<0x00>` to `<0xFF>`, when the vocabulary has those. */
  byteFallback: boolean;
  /** A word that is in the vocabulary becomes that token, whatever the merges. */
  ignoreMerges: boolean;
  /** Precedes every character of a word except the first. */
  continuingSubwordPrefix: string | null;
  /** Follows the last character of a word. */
  endOfWordSuffix: string | null;
  addedTokens: readonly AddedToken[];
  preTokenizer: PreTokenizer;
  decoder: DecoderConfig;
}

export const BPE_DEFAULTS = {
  unkToken: null,
  eosToken: null,
  padToken: null,
  fuseUnk: false,
  byteFallback: false,
  ignoreMerges: false,
  continuingSubwordPrefix: null,
  endOfWordSuffix: null,
  addedTokens: [],
  template: null,
  trimOffsets: null,
} as const;
