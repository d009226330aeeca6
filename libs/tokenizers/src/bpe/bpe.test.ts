import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BpeTokenizer, byteLevel, gpt2Tokenizer, trainBpe } from '../index.js';
import { BYTE_CHARACTERS } from './byte-level.js';
import { trickyText, wholeText } from '../testing/random-text.js';

const corpus = "the cat's hat, it's that\n\n  the   mat 12 011 naïve 你你 🙂🙂 ab's abababab aaaaaa ".repeat(
  3,
);
const bytes = await trainBpe([corpus], {
  vocabSize: 350,
  specialTokens: ['<|endoftext|>'],
  preTokenizer: 'byte-level',
});
const spaced = await trainBpe([corpus], {
  vocabSize: 60,
  specialTokens: ['[PAD]', '[UNK]'],
  unkToken: '[UNK]',
});

describe('BpeTokenizer', () => {
  it('encodes a million characters without a space', () => {
    // Quadratic merging would take hours; the test times out after a minute.
    const tokenizer = gpt2Tokenizer();
    for (const text of [
      'a'.repeat(1_000_000),
      'antidisestablishmentarianism'.repeat(4_000),
      '🙂你'.repeat(30_000),
    ]) {
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });

  it('byte-level decodes to every text; lone surrogates become U+FFFD', () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(bytes.decode(bytes.encode(text), { skipSpecialTokens: false })).toBe(expected);
      }),
    );
  });

  it('the cache of words does not change the ids, also when it overflows', () => {
    const fresh = (): BpeTokenizer => new BpeTokenizer(bytes.config);
    const used = fresh();
    // More distinct words than the cache holds.
    const many = Array.from({ length: 80_000 }, (_, i) => ` ${i.toString(36)}`).join('');
    const ids = used.encode(many);
    expect(used.decode(ids) === many).toBe(true);
    fc.assert(
      fc.property(trickyText(), (text) => {
        expect(used.encode(text)).toEqual(fresh().encode(text));
      }),
      { numRuns: 20 },
    );
    expect(Buffer.compare(Buffer.from(used.encode(many).buffer), Buffer.from(ids.buffer))).toBe(0);
  });

  it('encodeWithOffsets gives the same ids, and offsets that split the text into its tokens', () => {
    fc.assert(
      fc.property(wholeText(), (text) => {
        for (const tokenizer of [bytes, spaced]) {
          const { ids, tokens, offsets } = tokenizer.encodeWithOffsets(text);
          expect(ids).toEqual(tokenizer.encode(text));
          const characters = [...text];
          tokens.forEach((token, i) => {
            if (token === '[UNK]' || tokenizer === bytes) return;
            expect(characters.slice(...offsets[i]).join('')).toBe(token);
          });
        }
      }),
    );
  });

  it('streams any ids to the text of decode, and never half a character', () => {
    const ids = fc.array(fc.nat(bytes.vocabSize - 1), { maxLength: 40 });
    fc.assert(
      fc.property(ids, fc.boolean(), (list, skipSpecialTokens) => {
        const stream = bytes.decodeStream({ skipSpecialTokens });
        const pieces = list.map((id) => stream.push(id));
        expect(pieces.join('') + stream.flush()).toBe(bytes.decode(list, { skipSpecialTokens }));
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(wholeText(), (text) => {
        const stream = bytes.decodeStream();
        for (const id of bytes.encode(text, { splitSpecialTokens: true })) {
          // Each piece consists of whole characters of the text.
          const piece = stream.push(id);
          expect(piece.includes('\ufffd') && !text.includes('\ufffd')).toBe(false);
        }
        expect(stream.flush()).toBe('');
      }),
    );
    const stream = bytes.decodeStream();
    const id = (byte: number): number => bytes.tokenToId(BYTE_CHARACTERS[byte])!;
    // The first two bytes of 🙂, then the end.
    expect([stream.push(id(0xf0)), stream.push(id(0x9f)), stream.flush()]).toEqual(['', '', '\ufffd']);
  });

  it('joins tokens with spaces without a decoder, in a stream too', () => {
    const ids = spaced.encode('the cat');
    const stream = spaced.decodeStream();
    expect([...ids].map((id) => stream.push(id)).join('') + stream.flush()).toBe(spaced.decode(ids));
  });

  it('splitSpecialTokens encodes special tokens as text', () => {
    const text = 'the<|endoftext|>cat';
    const eos = bytes.eosTokenId!;
    expect([...bytes.encode(text)].filter((id) => id === eos)).toHaveLength(1);
    const ids = bytes.encode(text, { splitSpecialTokens: true });
    expect(ids).not.toContain(eos);
    expect(bytes.decode(ids)).toBe(text);
    expect(bytes.decode(bytes.encode(text))).toBe('thecat');
    expect(bytes.decode(bytes.encode(text), { skipSpecialTokens: false })).toBe(text);
  });

  it('has the ids of its special tokens', () => {
    expect([spaced.padTokenId, spaced.unkTokenId, spaced.eosTokenId, spaced.vocabSize]).toEqual([
      0,
      1,
      undefined,
      spaced.config.vocab.size,
    ]);
    expect([bytes.padTokenId, bytes.unkTokenId, bytes.eosTokenId]).toEqual([undefined, undefined, 0]);
    expect([...bytes.encode('', { addEos: true })]).toEqual([0]);
    expect(bytes.encodeWithOffsets('the', { addEos: true }).tokens.at(-1)).toBe('<|endoftext|>');
    expect(() => spaced.encode('', { addEos: true })).toThrow(
      /addEos: the tokenizer has no end-of-text token/,
    );
    expect(bytes.tokenToId('<|endoftext|>')).toBe(0);
    expect(spaced.tokenToId('nothing')).toBeUndefined();
  });

  it('does not cache a word that it could not encode', () => {
    const lacking = new BpeTokenizer({ ...spaced.config, unkToken: '[NONE]' });
    for (let i = 0; i < 2; i++) {
      expect(() => lacking.encode('the zebra')).toThrow(
        /"zebra" contains an unknown character, .* "\[NONE\]"/,
      );
      expect(lacking.encode('the cat')).toEqual(spaced.encode('the cat'));
    }
  });

  it('decode throws for ids outside the vocabulary', () => {
    const last = bytes.vocabSize - 1;
    for (const id of [-1, last + 1, 1.5, NaN]) {
      expect(() => bytes.decode([id])).toThrow(`decode: id is ${id}. Expected an integer from 0 to ${last}`);
      expect(() => bytes.decodeStream().push(id)).toThrow(RangeError);
    }
  });

  it('keeps tokens named like object properties', async () => {
    const tokenizer = await trainBpe(['__proto__ constructor __proto__ constructor'], {
      vocabSize: 60,
      preTokenizer: 'none',
      specialTokens: ['__proto__', 'constructor'],
    });
    const again = BpeTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect([...again.encode('__proto__constructor')]).toEqual([0, 1]);
    expect(structuredClone(tokenizer.toJSON())).toEqual(tokenizer.toJSON());
  });

  it('a prefix space is inserted before every piece', () => {
    const prefixed = new BpeTokenizer({ ...bytes.config, preTokenizer: byteLevel({ addPrefixSpace: true }) });
    expect([...prefixed.encode('the<|endoftext|>the')]).toEqual([...bytes.encode(' the<|endoftext|> the')]);
  });
});
