// Character classes (letter, number, white space, word character) with one table lookup per character. The table is filled
// on demand from the Unicode properties of regular expressions.

/** \p{L} */
export const LETTER = 1;
/** \p{N} */
export const NUMBER = 2;
/** \p{White_Space}: \s in Rust and Oniguruma. JavaScript's \s differs at U+0085 and U+FEFF. */
export const SPACE = 4;
/** \w of Rust's regex crate: Alphabetic, Mark, Decimal_Number, Connector_Punctuation, Join_Control. */
export const WORD = 8;
/** The character takes two UTF-16 code units. */
export const PAIR = 64;
const KNOWN = 128;

const isLetter = /^\p{L}$/u;
const isNumber = /^\p{N}$/u;
const isSpace = /^\p{White_Space}$/u;
const isWord = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

/**
 * Classes by UTF-16 code unit; 0 means "call `classAt`" (not computed yet, or half of a surrogate pair).
 * Exported for inner loops.
 */
export const UNIT_CLASSES = new Uint8Array(0x10000);
/** Classes of the code points from U+10000. */
const pairClasses = new Uint8Array(0x100000);

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  return (
    KNOWN |
    (isLetter.test(character) ? LETTER : 0) |
    (isNumber.test(character) ? NUMBER : 0) |
    (isSpace.test(character) ? SPACE : 0) |
    (isWord.test(character) ? WORD : 0) |
    (codePoint > 0xffff ? PAIR : 0)
  );
}

/**
 * Class of the character that starts at `at` and ends before `to`. A lone surrogate counts as U+FFFD, which it becomes in
 * UTF-8: none of the four classes.
 */
export function classAt(text: string, at: number, to: number): number {
  const unit = text.charCodeAt(at);
  if (unit >= 0xd800 && unit < 0xe000) {
    const codePoint = at + 1 < to ? text.codePointAt(at)! : unit;
    if (codePoint <= 0xffff) return KNOWN;
    return (pairClasses[codePoint - 0x10000] ||= classify(codePoint));
  }
  return (UNIT_CLASSES[unit] ||= classify(unit));
}

/** Class of the character before `at` (at > 0). */
export function classBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  const isSecondHalf = unit >= 0xdc00 && unit < 0xe000 && at > 1;
  if (isSecondHalf && text.codePointAt(at - 2)! > 0xffff) return classAt(text, at - 2, at);
  return classAt(text, at - 1, at);
}

/** Whether `at` is between the halves of a surrogate pair. */
export function splitsPair(text: string, at: number): boolean {
  return at > 0 && at < text.length && text.codePointAt(at - 1)! > 0xffff;
}
