// Positions of tokens in the text, in code points: the `offsets` of Hugging Face's encodings.
import { classAt, SPACE } from '../pipeline/unicode.js';
import { BYTE_CHARACTERS, utf8Length } from './byte-level.js';

/** A token as part of a word. */
export interface TokenSpan {
  /** First code unit of the word in the text, and the one after its last. */
  from: number;
  to: number;
  /** First byte of the token in the word's UTF-8, and the one after its last; default the whole word. */
  firstByte?: number;
  endByte?: number;
  /** The word's first byte is an inserted prefix space; it counts as part of the first character. */
  prefixed?: boolean;
}

/** Offsets of tokens; a token of some bytes of a character has the offsets of the whole character. */
export function alignOffsets(text: string, spans: readonly TokenSpan[]): [number, number][] {
  let unit = 0;
  let points = 0;
  const pointsAt = (at: number): number => {
    if (at < unit) unit = points = 0;
    for (; unit < at; points++) unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
    return points;
  };
  let word = NaN;
  /** Index of the code point that each byte of the word belongs to. */
  let owners: number[] = [];
  return spans.map(({ from, to, firstByte, endByte, prefixed }) => {
    const base = pointsAt(from);
    if (firstByte === undefined || endByte === undefined) return [base, pointsAt(to)];
    // A word that consists of the prefix space alone has the same `from` as the next one.
    if (from !== word || prefixed) {
      owners = prefixed ? [0] : [];
      [...text.slice(from, to)].forEach((character, point) => {
        for (let b = utf8Length(character.codePointAt(0)!); b > 0; b--) owners.push(point);
      });
    }
    word = prefixed ? NaN : from;
    return [base + owners[firstByte], base + owners[endByte - 1] + 1];
  });
}

const SPACE_CHARACTER = BYTE_CHARACTERS[0x20];

/** `trim_offsets` of a ByteLevel post-processor: excludes white space at both ends of a token from its offsets. */
export function trimOffsets(
  tokens: readonly string[],
  offsets: readonly [number, number][],
  addPrefixSpace: boolean,
): [number, number][] {
  const isSpace = (c: string): boolean => c === SPACE_CHARACTER || (classAt(c, 0, c.length) & SPACE) !== 0;
  return tokens.map((token, i) => {
    const characters = [...token];
    const first = characters.findIndex((c) => !isSpace(c));
    const last = characters.findLastIndex((c) => !isSpace(c));
    let leading = first < 0 ? characters.length : first;
    const trailing = characters.length - 1 - last;
    let [from, to] = offsets[i];
    // One space at the very beginning is the prefix space.
    if (addPrefixSpace && leading === 1 && (i === 0 || from === 0)) leading = 0;
    from = Math.min(from + leading, to);
    if (to >= trailing) to = Math.max(to - trailing, from);
    return [from, to];
  });
}
