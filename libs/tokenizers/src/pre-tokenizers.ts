// How a text is cut into words before BPE: Hugging Face's Whitespace, ByteLevel with GPT-2's pattern, and none.
// The scanners are written by hand, because a regular expression makes an object a match; the tests hold them
// equal to the regular expressions they stand for. What a word's symbols are (characters or bytes) is bpe-model.ts.
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

/** Cuts a text into the words that BPE never merges across. */
export interface PreTokenizer {
  readonly type: 'Whitespace' | 'ByteLevel' | 'None';
  /** A space is put before a text that does not start with one (ByteLevel only). */
  readonly addPrefixSpace: boolean;
  /** Words are sequences of bytes (ByteLevel), not of characters. */
  readonly bytes: boolean;
  /** Words are found by a pattern; otherwise a whole text is one. */
  readonly useRegex: boolean;
  /**
   * Writes start and end of the next words of text[from..to) into `bounds` until it is full or the text is at its end;
   * gives the number of words. Who gets `bounds.length / 2` words goes on from the end of the last.
   */
  scan(text: string, from: number, to: number, bounds: Int32Array): number;
  /**
   * Whether every text that starts with `text` gives the same words in one piece and cut at `at`
   * (0 < at <= text.length). False also where `text` is too short to tell.
   */
  canCut(text: string, at: number): boolean;
}

const whitespacePreTokenizer: PreTokenizer = {
  type: 'Whitespace',
  addPrefixSpace: false,
  bytes: false,
  useRegex: true,
  scan: scanWhitespace,
  canCut: canCutWhitespace,
};

/** Hugging Face's `Whitespace`: matches of `\w+|[^\w\s]+`, with \w and \s as in Rust's regex crate; no spaces. */
export function whitespace(): PreTokenizer {
  return whitespacePreTokenizer;
}

export interface ByteLevelOptions {
  /** Put a space before a text that does not start with one. Default false (Hugging Face's default is true). */
  addPrefixSpace?: boolean;
  /** Split with GPT-2's pattern. Default true; without it a text is one word. */
  useRegex?: boolean;
}

/**
 * Hugging Face's `ByteLevel`: GPT-2's pattern
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, and words as bytes of UTF-8.
 */
export function byteLevel(options: ByteLevelOptions = {}): PreTokenizer {
  const { addPrefixSpace = false, useRegex = true } = options;
  return {
    type: 'ByteLevel',
    addPrefixSpace,
    bytes: true,
    useRegex,
    scan: useRegex ? scanGpt2 : scanWhole,
    canCut: !useRegex ? () => false : addPrefixSpace ? canCutGpt2Prefixed : canCutGpt2,
  };
}

/** No pre-tokenizer: a whole text is one word. */
export function noPreTokenizer(): PreTokenizer {
  return {
    type: 'None',
    addPrefixSpace: false,
    bytes: false,
    useRegex: false,
    scan: scanWhole,
    canCut: () => false,
  };
}

/** Name of a pre-tokenizer with default options, or one made by `byteLevel`. */
export type PreTokenizerOption = PreTokenizer | 'whitespace' | 'byte-level' | 'none';

/** @throws Error when the name is unknown */
export function resolvePreTokenizer(option: PreTokenizerOption): PreTokenizer {
  if (option === 'whitespace') return whitespace();
  if (option === 'byte-level') return byteLevel();
  if (option === 'none') return noPreTokenizer();
  if (typeof option === 'object' && typeof option.scan === 'function') return option;
  throw new Error(
    `preTokenizer: unknown ${JSON.stringify(option)}. Expected "whitespace", "byte-level", "none" or byteLevel(options).`,
  );
}

/** Yields the words of a text. */
export function* preTokenize(text: string, option: PreTokenizerOption): Generator<string> {
  const preTokenizer = resolvePreTokenizer(option);
  const whole = preTokenizer.addPrefixSpace && text !== '' && text[0] !== ' ' ? ` ${text}` : text;
  const bounds = new Int32Array(512);
  let from = 0;
  for (let count = 256; count === 256;) {
    count = preTokenizer.scan(whole, from, whole.length, bounds);
    for (let i = 0; i < 2 * count; i += 2) yield whole.slice(bounds[i], bounds[i + 1]);
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

/** The first position from `at` where a character's classes, seen through `mask`, are not `wanted`. */
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
      // One blank belongs to the letters, the numbers or the rest that follow it.
      unit = text.charCodeAt(at + 1);
      const next = UNIT_CLASSES[unit] || classAt(text, at + 1, to);
      if (!(next & SPACE)) {
        kind = next;
        at++;
      }
    }
    if (kind & SPACE) {
      const end = endOfRun(text, at + 1, to, SPACE, SPACE);
      // \s+(?!\S): white space before a word leaves its last character to that word, if it has more than one.
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

/** End of 's, 't, 'm, 'd, 're, 've or 'll at an apostrophe, or `at`. */
function endOfContraction(text: string, at: number, to: number): number {
  if (at + 1 >= to) return at;
  const first = text.charCodeAt(at + 1);
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return at + 2;
  if (at + 2 >= to) return at;
  const second = text.charCodeAt(at + 2);
  if (second === 0x65 && (first === 0x72 || first === 0x76)) return at + 3;
  return first === 0x6c && second === 0x6c ? at + 3 : at;
}

/** Where the class changes, and on both sides of white space. */
function canCutWhitespace(text: string, at: number): boolean {
  if (splitsPair(text, at)) return false;
  const before = classBefore(text, at);
  if (before & SPACE) return true;
  if (at >= text.length) return false;
  return (before & (WORD | SPACE)) !== (classAt(text, at, text.length) & (WORD | SPACE));
}

/**
 * GPT-2's pattern has a word's end at `at`, and looks the same at both pieces, whatever stands further away:
 * between a word and the white space after it, between letters, numbers and the rest (an apostrophe may begin a
 * contraction and is left alone), and after a single character of white space that no word takes as its blank.
 */
function canCutGpt2(text: string, at: number): boolean {
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

/** With a blank put before every text, the second piece has to begin with its own. */
function canCutGpt2Prefixed(text: string, at: number): boolean {
  return text.charCodeAt(at) === BLANK && !(classBefore(text, at) & SPACE) && canCutGpt2(text, at);
}
