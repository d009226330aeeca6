// Text measurement and sanitizing. Widths are those of DejaVu Sans, one of the widest common screen fonts, without
// shaping: ligatures and combining marks count as separate characters.

/** DejaVu Sans, then Verdana, which is about as wide. */
export const FONT_FAMILY = 'DejaVu Sans, Verdana, sans-serif';

/** Advance widths of U+0020 to U+007E in hundredths of the font size, regular and bold. */
const REGULAR = widths(
  '32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84',
);
const BOLD = widths(
  '35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 100 77 76 73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 72 73 46 37 46 84 50 50 67 72 59 72 68 44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 65 92 65 65 58 71 37 71 84',
);
/** Widths of other characters used in labels. */
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
/** Width of all other characters: enough for 90 % of DejaVu's glyphs, and for square East Asian ones. */
const OTHER = 1;

function widths(hundredths: string): number[] {
  return hundredths.split(' ').map((width) => Number(width) / 100);
}

/** Width of `text` in SVG units at font size `size`. */
export function textWidth(text: string, size: number, { bold = false } = {}): number {
  const table = bold ? BOLD : REGULAR;
  let sum = 0;
  for (const character of text) sum += table[character.codePointAt(0)! - 32] ?? SIGNS[character] ?? OTHER;
  return sum * size;
}

/** Tolerance for floating-point error. */
const ROUNDING = 0.01;

/** Truncates `text` to `width`, with an ellipsis. */
export function shorten(text: string, width: number, size: number, { bold = false } = {}): string {
  if (textWidth(text, size, { bold }) <= width + ROUNDING) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(characters.join('') + '…', size, { bold }) > width)
    characters.pop();
  return characters.join('').trimEnd() + '…';
}

/** Breaks text into lines of at most `width`; truncates longer words. */
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
 * Label of a token: space becomes ␣, line feed ↵, tab ⇥, the empty token ∅; control, zero-width and direction
 * characters and unusual spaces become their code points, such as U+200B.
 */
export function visibleToken(token: string): string {
  if (token === '') return '∅';
  return token.replace(
    /[\s\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/gu,
    (character) => VISIBLE[character] ?? codePointName(character),
  );
}

/** Replaces characters that XML does not allow, and direction marks, by spaces. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Cn}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, ' ');
}

function codePointName(character: string): string {
  const code = character.codePointAt(0)!;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
