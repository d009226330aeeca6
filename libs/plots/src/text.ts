// Text in figures: tokens with their whitespace made visible, characters that XML cannot hold taken out, and how
// wide a string will be. Widths are DejaVu Sans's, which is among the widest of the common screen fonts: what is
// laid out to fit in it fits in others too. It leaves out shaping: a ligature or a combining mark counts as drawn alone.

/** First DejaVu Sans, whose widths the layout counts on; Verdana is as wide; then whatever there is. */
export const FONT_FAMILY = 'DejaVu Sans, Verdana, sans-serif';

/** Advance widths of the characters U+0020 to U+007E in hundredths of the font size, regular and bold. */
const REGULAR = widths(
  '32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84',
);
const BOLD = widths(
  '35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 100 77 76 73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 72 73 46 37 46 84 50 50 67 72 59 72 68 44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 65 92 65 65 58 71 37 71 84',
);
/** The signs that labels of ours are made of. */
const SIGNS: Record<string, number> = {
  '␣': 0.72,
  '↵': 0.84,
  '⇥': 0.84,
  '∅': 0.87,
  Ġ: 0.82,
  '▁': 0.77,
  '−': 0.84,
  '×': 0.84,
  '·': 0.38,
};
/** For all other characters: wide enough for 9 in 10 of DejaVu's, and for the square ones of East Asia. */
const OTHER = 1;

function widths(hundredths: string): number[] {
  return hundredths.split(' ').map((width) => Number(width) / 100);
}

/** Width of `text` in units when set at `size` units. */
export function textWidth(text: string, size: number, { bold = false } = {}): number {
  const table = bold ? BOLD : REGULAR;
  let sum = 0;
  for (const character of text) sum += table[character.codePointAt(0)! - 32] ?? SIGNS[character] ?? OTHER;
  return sum * size;
}

/** Widths come back from sums and differences a little changed. */
const ROUNDING = 0.01;

/** `text`, or as much of it as fits into `width` with an ellipsis after it. */
export function shorten(text: string, width: number, size: number, { bold = false } = {}): string {
  if (textWidth(text, size, { bold }) <= width + ROUNDING) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(characters.join('') + '…', size, { bold }) > width)
    characters.pop();
  return characters.join('').trimEnd() + '…';
}

/** Lines of whole words, each no wider than `width`; a word longer than that is shortened. */
export function wrapText(text: string, width: number, size: number, { bold = false } = {}): string[] {
  const lines: string[] = [];
  for (const word of plainText(text)
    .split(/\s+/)
    .filter((part) => part !== '')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && textWidth(longer, size, { bold }) <= width) lines[lines.length - 1] = longer;
    else lines.push(shorten(word, width, size, { bold }));
  }
  return lines;
}

const VISIBLE: Record<string, string> = { ' ': '␣', '\n': '↵', '\t': '⇥', '\r': '\\r', '\ufffd': '\ufffd' };

/**
 * A token as a label: a space is ␣, a line feed ↵, a tab ⇥, the empty token ∅; what has no shape of its own, or
 * would turn the text around it (controls, zero-width and direction marks, unusual spaces), is named, as in U+200B.
 */
export function visibleToken(token: string): string {
  if (token === '') return '∅';
  return token.replace(
    /[\s\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/gu,
    (character) => VISIBLE[character] ?? named(character),
  );
}

/** Titles and names: as given, with what XML cannot hold and what would turn the text around replaced by a space. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Cn}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, ' ');
}

function named(character: string): string {
  const code = character.codePointAt(0)!;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
