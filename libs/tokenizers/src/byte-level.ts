// GPT-2's table between bytes and printable characters, with which a byte-level vocabulary is written as text:
// bytes that are printable in Latin-1 stand for themselves, the others take the characters from U+0100 on.
// (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, and the encoder published with it.)

/** Code point that stands for each byte. */
export const BYTE_TO_CODE_POINT: Uint16Array = makeTable();

/** Byte that a code point below 0x144 stands for, or -1. */
const CODE_POINT_TO_BYTE: Int16Array = new Int16Array(0x144).fill(-1);
BYTE_TO_CODE_POINT.forEach((codePoint, byte) => (CODE_POINT_TO_BYTE[codePoint] = byte));

function makeTable(): Uint16Array {
  const table = new Uint16Array(256);
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    table[byte] = printable ? byte : next++;
  }
  return table;
}

/** The 256 characters that stand for bytes, in the order of the bytes: the initial alphabet of byte-level BPE. */
export function byteLevelAlphabet(): string[] {
  return Array.from(BYTE_TO_CODE_POINT, (codePoint) => String.fromCharCode(codePoint));
}

/** How a byte-level vocabulary writes these bytes. */
export function bytesToToken(bytes: ArrayLike<number>): string {
  let token = '';
  for (let i = 0; i < bytes.length; i++) token += String.fromCharCode(BYTE_TO_CODE_POINT[bytes[i]]);
  return token;
}

/** Bytes of a token; its UTF-8 where it has a character that stands for no byte (a special token in another script). */
export function tokenToBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = CODE_POINT_TO_BYTE[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return new TextEncoder().encode(token);
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * UTF-8 of text[from..to) into `out` at `at`; gives the position after it. A surrogate without its other half
 * becomes U+FFFD, as in TextEncoder. At most three bytes a code unit.
 */
export function writeUtf8(text: string, from: number, to: number, out: Uint8Array, at: number): number {
  for (let i = from; i < to; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      out[at++] = code;
      continue;
    }
    if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6);
      out[at++] = 0x80 | (code & 0x3f);
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      const codePoint = i + 1 < to ? text.codePointAt(i)! : code;
      if (codePoint > 0xffff) {
        out[at++] = 0xf0 | (codePoint >> 18);
        out[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
        out[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
        out[at++] = 0x80 | (codePoint & 0x3f);
        i++;
        continue;
      }
      code = 0xfffd;
    }
    out[at++] = 0xe0 | (code >> 12);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
