// Training a byte-pair tokenizer: counts words, settles the alphabet, learns merges. With the same input and settings
// the vocabulary and the merges are those of Hugging Face's BpeTrainer, ties included. Left out, for want of a user:
// continuing_subword_prefix, end_of_word_suffix and max_token_length.
import { BpeTokenizer } from './bpe.js';
import { BYTE_TO_CODE_POINT, byteLevelAlphabet, writeUtf8 } from './byte-level.js';
import { corpusParts, type Corpus } from './corpus.js';
import { learnMerges, type SymbolWords } from './merge-learner.js';
import { resolvePreTokenizer, type PreTokenizerOption } from './pre-tokenizers.js';
import { WordCounter } from './word-counter.js';

export interface TrainBpeOptions {
  /** Number of ids, special tokens and alphabet included. It is exceeded where the alphabet alone is larger. */
  vocabSize: number;
  /** Take the first ids, in this order. They are found in texts that are encoded, not in the training text. */
  specialTokens?: readonly string[];
  /** The special token that stands for characters outside the alphabet; without it such characters vanish. */
  unkToken?: string;
  /** A pair that comes less often is not merged. Default 0. */
  minFrequency?: number;
  /** Characters that are in the alphabet whether they come or not. Default: all 256 bytes for byte-level, else none. */
  initialAlphabet?: Iterable<string>;
  /** Keep only this many characters, the most frequent ones (of equals the smaller code points); initial ones first. */
  limitAlphabet?: number;
  /** Default `whitespace()`. */
  preTokenizer?: PreTokenizerOption;
  /** Called now and then: while words are counted (units of the corpus), and while merges are learnt (tokens so far). */
  onProgress?: (progress: TrainBpeProgress) => void;
}

export interface TrainBpeProgress {
  phase: 'count' | 'merge';
  done: number;
  /** Unknown while an iterable is counted. */
  total?: number;
}

/**
 * Learns a byte-pair vocabulary.
 *
 * A string, or each string of an iterable, is one sequence, as with Hugging Face's `train_from_iterator`; files are
 * read line by line, as with its `train`. For `whitespace()` it is all the same; for byte-level it matters where white
 * space crosses a line's end.
 *
 * @throws Error for settings that make no sense, a file that cannot be read or is not UTF-8.
 */
export async function trainBpe(corpus: Corpus, options: TrainBpeOptions): Promise<BpeTokenizer> {
  const { minFrequency = 0, specialTokens = [], unkToken, onProgress } = options;
  wholeNumber('vocabSize', options.vocabSize, 1);
  wholeNumber('minFrequency', minFrequency, 0);
  if (options.limitAlphabet !== undefined) wholeNumber('limitAlphabet', options.limitAlphabet, 0);
  for (const token of specialTokens) {
    if (typeof token !== 'string' || token === '') {
      throw new Error(`specialTokens: ${JSON.stringify(token)} given, expected strings that are not empty`);
    }
  }
  if (unkToken !== undefined && !specialTokens.includes(unkToken)) {
    throw new Error(
      `unkToken ${JSON.stringify(unkToken)}: not among specialTokens; add it there to give it an id`,
    );
  }
  const preTokenizer = resolvePreTokenizer(options.preTokenizer ?? 'whitespace');
  const initialAlphabet = [...(options.initialAlphabet ?? (preTokenizer.bytes ? byteLevelAlphabet() : []))];

  const counter = new WordCounter(preTokenizer);
  for await (const { text, lines, done, total } of corpusParts(corpus, preTokenizer.useRegex)) {
    if (lines) counter.addLines(text);
    else counter.add(text);
    onProgress?.({ phase: 'count', done, total });
  }
  const words = codePointWords(counter, preTokenizer.bytes);

  const tokens = [...new Set(specialTokens)];
  const alphabet = settleAlphabet(words, initialAlphabet, options.limitAlphabet);
  const known = new Set(tokens);
  for (const character of alphabet) if (!known.has(character)) tokens.push(character);
  toIds(words, tokens);

  const merges = learnMerges(words, tokens, {
    vocabSize: options.vocabSize,
    minFrequency,
    onProgress: onProgress && ((done) => onProgress({ phase: 'merge', done, total: options.vocabSize })),
  });
  return new BpeTokenizer({
    vocab: new Map(tokens.map((token, id) => [token, id])),
    merges: lastOccurrences(merges).map(([left, right]) => [tokens[left], tokens[right]]),
    unkToken: unkToken ?? null,
    fuseUnk: false,
    byteFallback: false,
    ignoreMerges: false,
    continuingSubwordPrefix: null,
    endOfWordSuffix: null,
    addedTokens: [...new Set(specialTokens)].map((content, id) => ({
      id,
      content,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    preTokenizer,
    decoder: { type: preTokenizer.bytes ? 'ByteLevel' : 'Join' },
    trimOffsets: null,
  });
}

function wholeNumber(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`${name} ${value}: expected a whole number of at least ${least}`);
  }
}

/** The words counted, as code points: their own, or those that stand for their bytes. */
function codePointWords(counter: WordCounter, bytes: boolean): SymbolWords {
  const { table } = counter;
  const symbols = new Int32Array(table.unitCount * (bytes ? 3 : 1));
  const starts = new Int32Array(table.size + 1);
  const utf8 = new Uint8Array(bytes ? symbols.length : 0);
  let at = 0;
  for (let word = 0; word < table.size; word++) {
    const text = table.word(word);
    if (bytes) {
      const length = writeUtf8(text, 0, text.length, utf8, 0);
      for (let i = 0; i < length; i++) symbols[at++] = BYTE_TO_CODE_POINT[utf8[i]];
    } else {
      for (let i = 0; i < text.length; i++) {
        const codePoint = text.codePointAt(i)!;
        symbols[at++] = codePoint >= 0xd800 && codePoint < 0xe000 ? 0xfffd : codePoint;
        if (codePoint > 0xffff) i++;
      }
    }
    starts[word + 1] = at;
  }
  return { symbols: symbols.subarray(0, at), starts, counts: counter.counts };
}

/** The characters that get an id, sorted by code point. */
function settleAlphabet(words: SymbolWords, initial: readonly string[], limit = Infinity): string[] {
  const counts = new Map<number, number>();
  for (let word = 0; word + 1 < words.starts.length; word++) {
    for (let at = words.starts[word]; at < words.starts[word + 1]; at++) {
      counts.set(words.symbols[at], (counts.get(words.symbols[at]) ?? 0) + words.counts[word]);
    }
  }
  for (const character of initial) {
    const codePoint = character.codePointAt(0);
    if (codePoint === undefined || String.fromCodePoint(codePoint) !== character) {
      throw new Error(`initialAlphabet: ${JSON.stringify(character)} given, expected single characters`);
    }
    counts.set(codePoint, Infinity);
  }
  let kept = [...counts];
  if (kept.length > limit) {
    kept.sort(([a, countA], [b, countB]) => (countA === countB ? a - b : countB - countA));
    kept = kept.slice(0, limit);
  }
  return kept
    .map(([codePoint]) => codePoint)
    .sort((a, b) => a - b)
    .map((codePoint) => String.fromCodePoint(codePoint));
}

/** Code points to ids, in place; characters without an id are taken out, and their neighbours meet. */
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
    for (let at = from; at < to; at++) {
      const id = ids.get(symbols[at]);
      if (id !== undefined) symbols[kept++] = id;
    }
    from = to;
    starts[word + 1] = kept;
  }
}

/** A pair that was merged twice has the rank of the second time. */
function lastOccurrences(merges: readonly [number, number][]): [number, number][] {
  const seen = new Set<string>();
  const kept: [number, number][] = [];
  for (let i = merges.length - 1; i >= 0; i--) {
    const key = merges[i].join(' ');
    if (!seen.has(key)) kept.push(merges[i]);
    seen.add(key);
  }
  return kept.reverse();
}
