// GPT-2's mapping between bytes and printable characters, in which a byte-level vocabulary is written: bytes that are
// printable in Latin-1 stand for themselves, the others for the characters from U+0100 on.
// (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, and its published encoder.)

const encoder = new TextEncoder();

/** The character of each byte: the initial alphabet of byte-level BPE. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    return String.fromCharCode(printable ? byte : next++);
  });
})();

const CHARACTER_BYTES = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

/** The token of a byte sequence. */
export function bytesToToken(bytes: Iterable<number>): string {
  let token = '';
  for (const byte of bytes) token += BYTE_CHARACTERS[byte];
  return token;
}

/** The bytes of a token; its UTF-8 when a character stands for no byte (a special token in another script). */
export function tokenToBytes(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => CHARACTER_BYTES.get(character) ?? -1);
  return bytes.includes(-1) ? encoder.encode(token) : Uint8Array.from(bytes);
}

/** Tokens of the bytes of a string under `byte_fallback`: `<0xE2>` … */
export function byteFallbackTokens(text: string): string[] {
  return Array.from(
    encoder.encode(text),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
}

/** Bytes of a code point in UTF-8. */
export function utf8Length(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}
