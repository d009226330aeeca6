// Splits a text into words before BPE: Hugging Face's Whitespace, ByteLevel with GPT-2's pattern, and none. The scanners are
// written by hand because regular expressions allocate an object per match; tests compare them with the expressions.
import {
  classAt,
  classBefore,
  LETTER,
  NUMBER,
  PAIR,
  SPACE,
  splitsPair,
  UNIT_CLASSES,
  WORD,
} from './unicode.js';

/** Splits a text into the words that BPE never merges across. */
export interface PreTokenizer {
  /** Name in a `tokenizer.json`; null for no pre-tokenizer. */
  readonly type: 'Whitespace' | 'ByteLevel' | null;
  /** A space is inserted before a text that does not start with one (ByteLevel only). */
  readonly addPrefixSpace: boolean;
  /** Words are sequences of bytes (ByteLevel), not of characters. */
  readonly bytes: boolean;
  /** Words are found by a pattern; otherwise a whole text is one word. */
  readonly useRegex: boolean;
  /**
   * Writes start and end of the next words of text[from..to) into `bounds` until it is full or the text ends.
   *
   * @returns the number of words; if it is `bounds.length / 2`, scan again from the end of the last word
   */
  scan(text: string, from: number, to: number, bounds: Int32Array): number;
  /**
   * Whether every text that starts with `text` has the same words in one piece and split at `at`
   * (0 < at <= text.length). False also where `text` is too short to tell.
   */
  canSplit(text: string, at: number): boolean;
}

/** Hugging Face's `Whitespace`: matches of `\w+|[^\w\s]+`, with \w and \s as in Rust's regex crate; no spaces. */
export const WHITESPACE: PreTokenizer = {
  type: 'Whitespace',
  addPrefixSpace: false,
  bytes: false,
  useRegex: true,
  scan: scanWhitespace,
  canSplit: canSplitWhitespace,
};

/** No pre-tokenizer: a whole text is one word. */
export const NO_PRE_TOKENIZER: PreTokenizer = {
  type: null,
  addPrefixSpace: false,
  bytes: false,
  useRegex: false,
  scan: scanWhole,
  canSplit: () => false,
};

/**
 * Hugging Face's `ByteLevel`: GPT-2's pattern
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, and words as bytes of UTF-8.
 *
 * @param options.addPrefixSpace insert a space before a text without one; default false (Hugging Face's default is true)
 * @param options.useRegex split with the pattern, default true; otherwise a whole text is one word
 */
export function byteLevel(options: { addPrefixSpace?: boolean; useRegex?: boolean } = {}): PreTokenizer {
  const { addPrefixSpace = false, useRegex = true } = options;
  return {
    type: 'ByteLevel',
    addPrefixSpace,
    bytes: true,
    useRegex,
    scan: useRegex ? scanGpt2 : scanWhole,
    canSplit: !useRegex ? () => false : addPrefixSpace ? canSplitGpt2Prefixed : canSplitGpt2,
  };
}

/** The name of a pre-tokenizer with default options, or one made by `byteLevel`. */
export type PreTokenizerOption = PreTokenizer | 'whitespace' | 'byte-level' | 'none';

/** @throws Error when the name is unknown */
export function resolvePreTokenizer(option: PreTokenizerOption): PreTokenizer {
  if (option === 'whitespace') return WHITESPACE;
  if (option === 'byte-level') return byteLevel();
  if (option === 'none') return NO_PRE_TOKENIZER;
  if (typeof option === 'object' && typeof option.scan === 'function') return option;
  throw new Error(
    `preTokenizer: unknown ${JSON.stringify(option)}. Expected "whitespace", "byte-level", "none" or byteLevel(options).`,
  );
}

/** The words of a text. */
export function preTokenize(text: string, option: PreTokenizerOption): string[] {
  const preTokenizer = resolvePreTokenizer(option);
  const whole = addPrefixSpace(text, preTokenizer);
  const words: string[] = [];
  forEachWord(whole, 0, whole.length, preTokenizer, new Int32Array(512), (start, end) =>
    words.push(whole.slice(start, end)),
  );
  return words;
}

/** The text, with a space before it when the pre-tokenizer inserts one. */
export function addPrefixSpace(text: string, preTokenizer: PreTokenizer): string {
  return preTokenizer.addPrefixSpace && text !== '' && text[0] !== ' ' ? ` ${text}` : text;
}

/** Calls `visit` with start and end of each word of text[from..to). @param bounds scratch memory */
export function forEachWord(
  text: string,
  from: number,
  to: number,
  preTokenizer: PreTokenizer,
  bounds: Int32Array,
  visit: (start: number, end: number) => void,
): void {
  const batch = bounds.length / 2;
  for (let count = batch; count === batch;) {
    count = preTokenizer.scan(text, from, to, bounds);
    for (let i = 0; i < 2 * count; i += 2) visit(bounds[i], bounds[i + 1]);
    if (count > 0) from = bounds[2 * count - 1];
  }
}

function scanWhole(_text: string, from: number, to: number, bounds: Int32Array): number {
  if (from >= to) return 0;
  bounds[0] = from;
  bounds[1] = to;
  return 1;
}

function scanWhitespace(text: string, from: number, to: number, bounds: Int32Array): number {
  const room = bounds.length;
  let at = from;
  let filled = 0;
  while (filled < room) {
    let kind = 0;
    while (at < to && (kind = UNIT_CLASSES[text.charCodeAt(at)] || classAt(text, at, to)) & SPACE) at++;
    if (at >= to) break;
    bounds[filled] = at;
    at = endOfRun(text, at + (kind & PAIR ? 2 : 1), to, WORD | SPACE, kind & WORD);
    bounds[filled + 1] = at;
    filled += 2;
  }
  return filled >> 1;
}

/** First position from `at` where `class & mask` of the character is not `wanted`. */
function endOfRun(text: string, at: number, to: number, mask: number, wanted: number): number {
  while (at < to) {
    const kind = UNIT_CLASSES[text.charCodeAt(at)] || classAt(text, at, to);
    if ((kind & mask) !== wanted) break;
    at += kind & PAIR ? 2 : 1;
  }
  return at;
}

function scanGpt2(text: string, from: number, to: number, bounds: Int32Array): number {
  const room = bounds.length;
  const mask = LETTER | NUMBER | SPACE;
  let at = from;
  let filled = 0;
  while (at < to && filled < room) {
    bounds[filled] = at;
    let unit = text.charCodeAt(at);
    let kind = UNIT_CLASSES[unit] || classAt(text, at, to);
    if (unit === APOSTROPHE) {
      const end = endOfContraction(text, at, to);
      if (end > at) {
        bounds[filled + 1] = at = end;
        filled += 2;
        continue;
      }
    }
    if (unit === BLANK && at + 1 < to) {
      // One space belongs to the letters, numbers or other characters that follow it.
      unit = text.charCodeAt(at + 1);
      const next = UNIT_CLASSES[unit] || classAt(text, at + 1, to);
      if (!(next & SPACE)) {
        kind = next;
        at++;
      }
    }
    if (kind & SPACE) {
      const end = endOfRun(text, at + 1, to, SPACE, SPACE);
      // \s+(?!\S): two or more white space characters leave the last one to the word that follows.
      at = end < to && end - at > 1 ? end - 1 : end;
    } else {
      at = endOfRun(text, at + (kind & PAIR ? 2 : 1), to, mask, kind & mask);
    }
    bounds[filled + 1] = at;
    filled += 2;
  }
  return filled >> 1;
}

const BLANK = 0x20;
const APOSTROPHE = 0x27;

/** End of the contraction ('s, 't, 'm, 'd, 're, 've, 'll) that starts at `at`; `at` when there is none. */
function endOfContraction(text: string, at: number, to: number): number {
  if (at + 1 >= to) return at;
  const first = text.charCodeAt(at + 1);
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return at + 2;
  if (at + 2 >= to) return at;
  const second = text.charCodeAt(at + 2);
  if (second === 0x65 && (first === 0x72 || first === 0x76)) return at + 3;
  return first === 0x6c && second === 0x6c ? at + 3 : at;
}

/** Where the character class changes, and on both sides of white space. */
function canSplitWhitespace(text: string, at: number): boolean {
  if (splitsPair(text, at)) return false;
  const before = classBefore(text, at);
  if (before & SPACE) return true;
  if (at >= text.length) return false;
  return (before & (WORD | SPACE)) !== (classAt(text, at, text.length) & (WORD | SPACE));
}

/**
 * Where a word of GPT-2's pattern ends, whatever is further away: between a word and the white space after it; between
 * letters, numbers and other characters (except after an apostrophe, which may begin a contraction); and after a single
 * white space character that is not a space, which no word includes.
 */
function canSplitGpt2(text: string, at: number): boolean {
  if (at >= text.length || splitsPair(text, at)) return false;
  const mask = LETTER | NUMBER | SPACE;
  const before = classBefore(text, at) & mask;
  const after = classAt(text, at, text.length) & mask;
  if (before & SPACE) {
    const alone = at === 1 || !(classBefore(text, at - 1) & SPACE);
    return alone && !(after & SPACE) && text.charCodeAt(at - 1) !== BLANK;
  }
  return before !== after && !(text.charCodeAt(at - 1) === APOSTROPHE && after & LETTER);
}

/** With a space inserted before every text, the second part has to begin with a space of its own. */
function canSplitGpt2Prefixed(text: string, at: number): boolean {
  return text.charCodeAt(at) === BLANK && !(classBefore(text, at) & SPACE) && canSplitGpt2(text, at);
}
