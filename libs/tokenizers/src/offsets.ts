// Where tokens stand in the text, in code points: what Hugging Face's encodings call offsets.
import { classAt, SPACE } from './unicode.js';

/** The part of a word that a token is. */
export interface TokenSpan {
  /** The word's first code unit in the text, and the one after its last. */
  from: number;
  to: number;
  /** First byte of the token in the word's UTF-8, and the one after its last; the whole word without them. */
  firstByte?: number;
  endByte?: number;
  /** The word's first byte is a space that was put before it, and belongs to its first character. */
  prefixed?: boolean;
}

/** Offsets of tokens; a token that is only some bytes of a character has the offsets of the whole character. */
export function alignOffsets(text: string, spans: readonly TokenSpan[]): [number, number][] {
  let unit = 0;
  let points = 0;
  const pointsAt = (at: number): number => {
    if (at < unit) unit = points = 0;
    for (; unit < at; points++) unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
    return points;
  };
  let word = NaN;
  /** Which code point of the word each of its bytes belongs to. */
  let owners: number[] = [];
  return spans.map(({ from, to, firstByte, endByte, prefixed }) => {
    const base = pointsAt(from);
    if (firstByte === undefined || endByte === undefined) return [base, pointsAt(to)];
    // A word that is the space put before the text ends where the next one begins.
    if (from !== word || prefixed) owners = byteOwners(text, from, to, prefixed ? [0] : []);
    word = prefixed ? NaN : from;
    return [base + owners[firstByte], base + owners[endByte - 1] + 1];
  });
}

function byteOwners(text: string, from: number, to: number, owners: number[]): number[] {
  for (let i = from, point = 0; i < to; point++) {
    const codePoint = text.codePointAt(i)!;
    const bytes = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    for (let b = 0; b < bytes; b++) owners.push(point);
    i += codePoint > 0xffff ? 2 : 1;
  }
  return owners;
}

/** The byte-level sign for a space. */
const SPACE_SIGN = '\u0120';

/** What a ByteLevel post-processor with `trim_offsets` does: white space at a token's ends is left out of its offsets. */
export function trimOffsets(
  tokens: readonly string[],
  offsets: readonly [number, number][],
  addPrefixSpace: boolean,
): [number, number][] {
  return tokens.map((token, i) => {
    const characters = [...token];
    const isSpace = (c: string): boolean => c === SPACE_SIGN || (classAt(c, 0, c.length) & SPACE) !== 0;
    const word = characters.findIndex((c) => !isSpace(c));
    let leading = word < 0 ? characters.length : word;
    const trailing =
      word < 0 ? characters.length : characters.length - 1 - characters.findLastIndex((c) => !isSpace(c));
    let [from, to] = offsets[i];
    // One space at the very beginning is the one that was put there.
    if (addPrefixSpace && leading === 1 && (i === 0 || from === 0)) leading = 0;
    from = Math.min(from + leading, to);
    if (to >= trailing) to = Math.max(to - trailing, from);
    return [from, to];
  });
}
