// BPE training: counts words, chooses the alphabet, learns merges. The same input and options give the vocabulary and
// merges of Hugging Face's BpeTrainer, including ties. Not supported: continuing_subword_prefix, end_of_word_suffix,
// max_token_length.
import { corpusParts, type Corpus } from '../corpus.js';
import { show } from '../json-fields.js';
import { checkOptionNames } from '../option-names.js';
import { specialToken } from '../pipeline/added-tokens.js';
import { resolvePreTokenizer, type PreTokenizerOption } from '../pipeline/pre-tokenizers.js';
import { BpeTokenizer } from './bpe.js';
import { BPE_DEFAULTS } from './bpe-config.js';
import { BYTE_CHARACTERS } from './byte-level.js';
import { learnMerges, type SymbolWords } from './merge-learner.js';
import { WordCounter } from './word-counter.js';

export interface TrainBpeOptions {
  /** Number of ids, including special tokens and alphabet. Exceeded when those alone are more. */
  vocabSize: number;
  /** Take the first ids, in this order. They are matched when encoding, not in the training text. */
  specialTokens?: readonly string[];
  /** The special token for characters outside the alphabet; without it such characters are dropped. */
  unkToken?: string;
  /** The special token that ends a text, for `addEos`. Default: the one with a usual name, such as `<|endoftext|>`. */
  eosToken?: string;
  /** Pairs that occur less often are not merged. Default 0. */
  minFrequency?: number;
  /** Characters in the alphabet even if they do not occur. Default: all 256 bytes for byte-level, else none. */
  initialAlphabet?: Iterable<string>;
  /** Maximum size of the alphabet: keeps initial characters, then the most frequent (ties: the smaller code point). */
  limitAlphabet?: number;
  /** Default `'whitespace'`. */
  preTokenizer?: PreTokenizerOption;
  /** Called repeatedly while words are counted (units of the corpus) and merges are learned (tokens so far). */
  onProgress?: (progress: TrainBpeProgress) => void;
}

const NAMES = Object.keys({
  vocabSize: true,
  specialTokens: true,
  unkToken: true,
  eosToken: true,
  minFrequency: true,
  initialAlphabet: true,
  limitAlphabet: true,
  preTokenizer: true,
  onProgress: true,
} satisfies Record<keyof TrainBpeOptions, true>);

export interface TrainBpeProgress {
  phase: 'count' | 'merge';
  done: number;
  /** Undefined while an iterable is counted. */
  total?: number;
}

/**
 * Learns a byte-pair vocabulary.
 *
 * A string, and each string of an iterable, is one sequence, as in Hugging Face's `train_from_iterator`; files are read
 * line by line, as in its `train`. This matters for byte-level only, where white space crosses a line break.
 *
 * @throws Error for invalid options, and for a file that cannot be read or is not UTF-8
 */
export async function trainBpe(corpus: Corpus, options: TrainBpeOptions): Promise<BpeTokenizer> {
  checkOptionNames(options, NAMES);
  const { vocabSize, minFrequency = 0, limitAlphabet = Infinity, unkToken, eosToken, onProgress } = options;
  const specialTokens = [...new Set(options.specialTokens)];
  checkInteger('vocabSize', vocabSize, 1);
  checkInteger('minFrequency', minFrequency, 0);
  if (limitAlphabet !== Infinity) checkInteger('limitAlphabet', limitAlphabet, 0);
  for (const token of specialTokens) {
    if (typeof token !== 'string' || token === '')
      throw new Error(`specialTokens: ${show(token)} is not a token. Expected non-empty strings.`);
  }
  for (const [name, token] of Object.entries({ unkToken, eosToken })) {
    if (token !== undefined && !specialTokens.includes(token))
      throw new Error(`${name}: ${show(token)} is not among specialTokens. Add it there to give it an id.`);
  }
  const preTokenizer = resolvePreTokenizer(options.preTokenizer ?? 'whitespace');
  const initialAlphabet = options.initialAlphabet ?? (preTokenizer.bytes ? BYTE_CHARACTERS : []);

  const counter = new WordCounter(preTokenizer);
  for await (const { text, lines, done, total } of corpusParts(corpus, preTokenizer.useRegex)) {
    if (lines) counter.addLines(text);
    else counter.add(text);
    onProgress?.({ phase: 'count', done, total });
  }
  const words = toCodePoints(counter, preTokenizer.bytes);
  const tokens = [
    ...new Set([...specialTokens, ...chooseAlphabet(words, [...initialAlphabet], limitAlphabet)]),
  ];
  toIds(words, tokens);
  const merges = learnMerges(words, tokens, {
    vocabSize,
    minFrequency,
    onProgress: onProgress && ((done) => onProgress({ phase: 'merge', done, total: vocabSize })),
  });
  return new BpeTokenizer({
    ...BPE_DEFAULTS,
    vocab: new Map(tokens.map((token, id) => [token, id])),
    merges: lastOccurrences(merges).map(([left, right]) => [tokens[left], tokens[right]]),
    unkToken: unkToken ?? null,
    eosToken: eosToken ?? null,
    addedTokens: specialTokens.map((content, id) => specialToken(id, content)),
    preTokenizer,
    decoder: { type: preTokenizer.bytes ? 'ByteLevel' : 'Join' },
  });
}

function checkInteger(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new Error(`${name} is ${value}. Expected an integer of at least ${least}.`);
}

/** The counted words as code points: of their characters, or of the characters that stand for their bytes. */
function toCodePoints({ table, counts }: WordCounter, bytes: boolean): SymbolWords {
  const symbols = new Int32Array(table.unitCount * (bytes ? 3 : 1));
  const starts = new Int32Array(table.size + 1);
  const codes = BYTE_CHARACTERS.map((character) => character.charCodeAt(0));
  const encoder = new TextEncoder();
  const utf8 = new Uint8Array(bytes ? symbols.length : 0);
  let at = 0;
  for (let word = 0; word < table.size; word++) {
    const text = table.word(word);
    if (bytes) {
      const { written } = encoder.encodeInto(text, utf8);
      for (let i = 0; i < written; i++) symbols[at++] = codes[utf8[i]];
    } else {
      for (let i = 0; i < text.length; i++) {
        const codePoint = text.codePointAt(i)!;
        symbols[at++] = codePoint >= 0xd800 && codePoint < 0xe000 ? 0xfffd : codePoint;
        if (codePoint > 0xffff) i++;
      }
    }
    starts[word + 1] = at;
  }
  return { symbols: symbols.subarray(0, at), starts, counts };
}

/** The characters that get an id, sorted by code point. */
function chooseAlphabet(words: SymbolWords, initial: readonly string[], limit: number): string[] {
  const counts = new Map<number, number>();
  for (let word = 0; word + 1 < words.starts.length; word++) {
    for (let at = words.starts[word]; at < words.starts[word + 1]; at++) {
      counts.set(words.symbols[at], (counts.get(words.symbols[at]) ?? 0) + words.counts[word]);
    }
  }
  for (const character of initial) {
    const codePoint = character.codePointAt(0);
    if (codePoint === undefined || String.fromCodePoint(codePoint) !== character)
      throw new Error(`initialAlphabet: ${show(character)} is not a single character.`);
    counts.set(codePoint, Infinity);
  }
  return [...counts]
    .sort(([a, countA], [b, countB]) => (countA === countB ? a - b : countB - countA))
    .slice(0, limit)
    .map(([codePoint]) => codePoint)
    .sort((a, b) => a - b)
    .map((codePoint) => String.fromCodePoint(codePoint));
}

/** Replaces code points by ids, in place; characters without an id are removed. */
function toIds({ symbols, starts }: SymbolWords, tokens: readonly string[]): void {
  const ids = new Map<number, number>();
  tokens.forEach((token, id) => {
    const codePoint = token.codePointAt(0)!;
    if (String.fromCodePoint(codePoint) === token) ids.set(codePoint, id);
  });
  let kept = 0;
  let from = 0;
  for (let word = 0; word + 1 < starts.length; word++) {
    const to = starts[word + 1];
    for (; from < to; from++) {
      const id = ids.get(symbols[from]);
      if (id !== undefined) symbols[kept++] = id;
    }
    starts[word + 1] = kept;
  }
}

/** A pair that was merged twice has the rank of the second merge. */
function lastOccurrences(merges: readonly [number, number][]): [number, number][] {
  const last = new Map(merges.map((pair, i) => [pair.join(' '), i]));
  return merges.filter((pair, i) => last.get(pair.join(' ')) === i);
}
