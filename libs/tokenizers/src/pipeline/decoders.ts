// The decoders of a `tokenizer.json`: tokens to text, one token at a time, for whole texts and streams alike.
import { tokenToBytes } from '../bpe/byte-level.js';
import type { JsonFields } from '../json-fields.js';
import { parseMetaspace } from './splitters.js';

export type DecoderConfig =
  | { type: 'Join' }
  | { type: 'Fuse' }
  | { type: 'ByteLevel' }
  | { type: 'ByteFallback' }
  | { type: 'BPEDecoder'; suffix: string }
  | { type: 'WordPiece'; prefix: string; cleanUp: boolean }
  | { type: 'Metaspace'; replacement: string; prepended: boolean };

/** @throws Error naming the wrong or unsupported field */
export function parseDecoder(fields: JsonFields | undefined): DecoderConfig {
  if (!fields) return { type: 'Join' };
  const { type } = fields.record;
  switch (type) {
    case 'ByteLevel':
    case 'ByteFallback':
    case 'Fuse':
      return { type };
    case 'BPEDecoder':
      return { type, suffix: fields.string('suffix') ?? '</w>' };
    case 'WordPiece':
      return { type, prefix: fields.string('prefix') ?? '##', cleanUp: fields.boolean('cleanup', true) };
    case 'Metaspace': {
      const { replacement, prependScheme } = parseMetaspace(fields);
      return { type, replacement, prepended: prependScheme !== 'never' };
    }
    default:
      return fields.unsupported(
        '"ByteLevel", "BPEDecoder", "ByteFallback", "Fuse", "WordPiece", "Metaspace" or null',
      );
  }
}

/** The decoder as in a `tokenizer.json`. */
export function decoderToJSON(decoder: DecoderConfig): Record<string, unknown> | null {
  switch (decoder.type) {
    case 'Join':
      return null;
    case 'WordPiece':
      return { type: 'WordPiece', prefix: decoder.prefix, cleanup: decoder.cleanUp };
    case 'Metaspace': {
      const { replacement, prepended } = decoder;
      return { type: 'Metaspace', replacement, prepend_scheme: prepended ? 'always' : 'never', split: true };
    }
    default:
      return { ...decoder };
  }
}

interface TokenDecoder {
  /** Returns the text that this token completes. */
  push(token: string, id: number): string;
  flush(): string;
}

export function createDecoder(config: DecoderConfig, bytes: ByteCache): TokenDecoder {
  switch (config.type) {
    case 'Join': // what Hugging Face does without a decoder
      return immediate((token, isFirst) => (isFirst ? token : ` ${token}`));
    case 'Fuse':
      return immediate((token) => token);
    case 'WordPiece':
      return immediate((token, isFirst) => {
        const continues = token.startsWith(config.prefix);
        const text = isFirst ? token : continues ? token.slice(config.prefix.length) : ` ${token}`;
        return config.cleanUp ? cleanUpSpaces(text) : text;
      });
    case 'Metaspace':
      return immediate((token, isFirst) =>
        token.replaceAll(config.replacement, isFirst && config.prepended ? '' : ' '),
      );
    case 'ByteFallback':
      return byteFallbackDecoder();
    case 'BPEDecoder':
      return suffixDecoder(config.suffix);
    case 'ByteLevel': {
      const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
      return {
        push: (token, id) => utf8.decode(bytes.get(token, id), { stream: true }),
        flush: () => utf8.decode(),
      };
    }
  }
}

/** A decoder that needs no token but the current one. */
function immediate(decode: (token: string, isFirst: boolean) => string): TokenDecoder {
  let isFirst = true;
  return {
    push(token) {
      const text = decode(token, isFirst);
      isFirst = false;
      return text;
    },
    flush: () => '',
  };
}

/** Bytes of the tokens of a byte-level vocabulary, computed once. */
export class ByteCache {
  readonly #bytes: (Uint8Array | undefined)[] = [];

  get(token: string, id: number): Uint8Array {
    return (this.#bytes[id] ??= tokenToBytes(token));
  }
}

/** The suffix at the end of a word becomes a space, except in the last token. */
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

const CLEAN_UP: readonly (readonly [string, string])[] = [
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

/** Hugging Face's clean-up of spaces in English text, applied token by token. */
function cleanUpSpaces(text: string): string {
  if (!text.includes(' ')) return text;
  return CLEAN_UP.reduce((done, [spaced, clean]) => done.replaceAll(spaced, clean), text);
}

/** Consecutive tokens `<0x00>` to `<0xFF>` are bytes; each becomes U+FFFD when together they are not UTF-8. */
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

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes UTF-8; invalid bytes become U+FFFD, and a byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
