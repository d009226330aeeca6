// Tokens back to text: the decoders of a `tokenizer.json`. Each takes one token at a time, so that the same code decodes
// a whole text and a stream.
import { tokenToBytes } from './byte-level.js';
import type { DecodeStream } from './tokenizer.js';

export type DecoderConfig =
  | { type: 'Join' }
  | { type: 'Fuse' }
  | { type: 'ByteLevel' }
  | { type: 'ByteFallback' }
  | { type: 'BPEDecoder'; suffix: string }
  | { type: 'WordPiece'; prefix: string; cleanUp: boolean }
  | { type: 'Metaspace'; replacement: string; prepended: boolean };

/** Takes tokens, gives the text that is certain so far. */
interface TokenDecoder {
  push(token: string, id: number): string;
  flush(): string;
}

/** A decoder of ids. @param decodable the token of an id, undefined for one to leave out */
export function streamOf(decoder: TokenDecoder, decodable: (id: number) => string | undefined): DecodeStream {
  return {
    push: (id) => {
      const token = decodable(id);
      return token === undefined ? '' : decoder.push(token, id);
    },
    flush: () => decoder.flush(),
  };
}

/** @param bytesOf Bytes of a token by id; only ByteLevel asks. */
export function createDecoder(
  config: DecoderConfig,
  bytesOf: (token: string, id: number) => Uint8Array,
): TokenDecoder {
  switch (config.type) {
    case 'Join':
      return joinDecoder();
    case 'Fuse':
      return { push: (token) => token, flush: () => '' };
    case 'ByteFallback':
      return byteFallbackDecoder();
    case 'BPEDecoder':
      return suffixDecoder(config.suffix);
    case 'WordPiece':
      return wordPieceDecoder(config.prefix, config.cleanUp);
    case 'Metaspace':
      return metaspaceDecoder(config.replacement, config.prepended);
    case 'ByteLevel': {
      const stream = new Utf8Stream();
      return { push: (token, id) => stream.push(bytesOf(token, id)), flush: () => stream.flush() };
    }
  }
}

/** Bytes of each token of a byte-level vocabulary, worked out once. */
export function byteCache(): (token: string, id: number) => Uint8Array {
  const known: (Uint8Array | undefined)[] = [];
  return (token, id) => (known[id] ??= tokenToBytes(token));
}

/** What Hugging Face does without a decoder: a space between tokens. */
function joinDecoder(): TokenDecoder {
  let first = true;
  return {
    push(token) {
      const text = first ? token : ` ${token}`;
      first = false;
      return text;
    },
    flush: () => '',
  };
}

/** The suffix at words' ends becomes a space, except in the last token. */
function suffixDecoder(suffix: string): TokenDecoder {
  let held: string | undefined;
  return {
    push(token) {
      const text = held?.replaceAll(suffix, ' ') ?? '';
      held = token;
      return text;
    },
    flush: () => held?.replaceAll(suffix, '') ?? '',
  };
}

/** BERT's: a blank before every word, and its clean-up, token by token as Hugging Face does it. */
function wordPieceDecoder(prefix: string, cleanUp: boolean): TokenDecoder {
  let first = true;
  return {
    push(token) {
      const continues = token.startsWith(prefix);
      const text = first ? token : continues ? token.slice(prefix.length) : ` ${token}`;
      first = false;
      return cleanUp ? withoutBlanks(text) : text;
    },
    flush: () => '',
  };
}

const BLANKS: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** English without the blanks that stand before its punctuation. */
function withoutBlanks(text: string): string {
  if (!text.includes(' ')) return text;
  return BLANKS.reduce((done, [blank, clean]) => done.replaceAll(blank, clean), text);
}

/** `▁` becomes a blank, but in the first token, where the encoder had put it, it goes. */
function metaspaceDecoder(replacement: string, prepended: boolean): TokenDecoder {
  let first = prepended;
  return {
    push(token) {
      const text = token.replaceAll(replacement, first ? '' : ' ');
      first = false;
      return text;
    },
    flush: () => '',
  };
}

/** Tokens `<0x00>` to `<0xFF>` in a row are bytes; if they are not UTF-8, each becomes U+FFFD. */
function byteFallbackDecoder(): TokenDecoder {
  let bytes: number[] = [];
  const flush = (): string => {
    const run = Uint8Array.from(bytes);
    bytes = [];
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(run);
    } catch {
      return '\ufffd'.repeat(run.length);
    }
  };
  return {
    push(token) {
      const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
      if (byte === null) return flush() + token;
      bytes.push(Number.parseInt(byte[1], 16));
      return '';
    },
    flush,
  };
}

/**
 * UTF-8 that comes in pieces. A character that is not complete waits for its other bytes; bytes that can never become
 * one are U+FFFD, as TextDecoder has them for the whole.
 */
class Utf8Stream {
  #held = new Uint8Array(0);

  push(bytes: Uint8Array): string {
    const all = this.#held.length === 0 ? bytes : concatenate(this.#held, bytes);
    const complete = all.length - incompleteLength(all);
    this.#held = all.slice(complete);
    return decodeUtf8(all.subarray(0, complete));
  }

  flush(): string {
    const text = decodeUtf8(this.#held);
    this.#held = new Uint8Array(0);
    return text;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text of UTF-8; bytes that are none become U+FFFD, and a byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** How many bytes at the end are the beginning of a character whose other bytes are missing (Unicode, table 3-7). */
function incompleteLength(bytes: Uint8Array): number {
  const length = bytes.length;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const lead = bytes[length - back];
    if ((lead & 0xc0) === 0x80) continue;
    const needed =
      lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 1;
    if (back >= needed) return 0;
    if (back > 1) {
      const second = bytes[length - back + 1];
      const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      if (second < low || second > high) return 0;
    }
    return back;
  }
  return 0;
}
