import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BpeTokenizer, byteLevel, gpt2Tokenizer, trainBpe } from './index.js';
import { byteLevelAlphabet } from './byte-level.js';
import { noPreTokenizer } from './pre-tokenizers.js';
import { trickyText, wholeText } from './testing/texts.js';

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

/** BPE as its inventors wrote it down: the pair of the lowest rank in the whole word, merged wherever it is. */
function textbook(word: string, tokenizer: BpeTokenizer): string[] {
  const ranks = new Map(tokenizer.config.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  let symbols = [...word];
  for (;;) {
    const rank = (i: number): number => ranks.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Infinity;
    const pairs = symbols.slice(1).map((_, i) => rank(i));
    const lowest = Math.min(...pairs);
    if (lowest === Infinity) return symbols;
    const merged: string[] = [];
    for (let i = 0; i < symbols.length; i++) {
      if (i + 1 < symbols.length && rank(i) === lowest) merged.push(symbols[i] + symbols[++i]);
      else merged.push(symbols[i]);
    }
    symbols = merged;
  }
}

describe('BpeTokenizer', () => {
  it('merges as the textbook says, short words and long ones', async () => {
    const word = fc.stringMatching(/^[abc]*$/, { size: '+1' });
    const tokenizer = await trainBpe(['abcab aabbcc abababa cabcabca aaaabbbb'], { vocabSize: 30 });
    fc.assert(
      fc.property(fc.oneof(word, fc.stringMatching(/^[abc]{40,120}$/)), (text) => {
        const ids = tokenizer.encode(text);
        expect(Array.from(ids, (id) => tokenizer.idToToken(id))).toEqual(textbook(text, tokenizer));
      }),
      { numRuns: 300 },
    );
  });

  it('encodes a million characters without a space', () => {
    // Quadratic merging would take hours for these, not the minute after which the test fails.
    const tokenizer = gpt2Tokenizer();
    for (const text of [
      'a'.repeat(1_000_000),
      'antidisestablishmentarianism'.repeat(4_000),
      '🙂你'.repeat(30_000),
    ]) {
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });

  it('byte-level gives back every text; halves of surrogate pairs become U+FFFD', () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(bytes.decode(bytes.encode(text), { skipSpecialTokens: false })).toBe(expected);
      }),
    );
  });

  it('remembering words changes nothing, also when it forgets', () => {
    const fresh = (): BpeTokenizer => new BpeTokenizer(bytes.config);
    const used = fresh();
    // More different words than are remembered.
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

  it('encodeWithOffsets gives the same ids, and offsets that cut the text into its tokens', () => {
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

  it('decodes a stream of any ids as it decodes them together, and never half a character', () => {
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
          // What is given out is final: each piece is whole characters of the text.
          const piece = stream.push(id);
          expect(piece.includes('\ufffd') && !text.includes('\ufffd')).toBe(false);
        }
        expect(stream.flush()).toBe('');
      }),
    );
    const stream = bytes.decodeStream();
    const id = (byte: number): number => bytes.tokenToId(byteLevelAlphabet()[byte])!;
    // The first two bytes of 🙂, and then no more.
    expect([stream.push(id(0xf0)), stream.push(id(0x9f)), stream.flush()]).toEqual(['', '', '\ufffd']);
  });

  it('joins tokens with spaces where there is no decoder, as a stream too', () => {
    const ids = spaced.encode('the cat');
    const stream = spaced.decodeStream();
    expect([...ids].map((id) => stream.push(id)).join('') + stream.flush()).toBe(spaced.decode(ids));
  });

  it('takes special tokens as text if asked to', () => {
    const text = 'the<|endoftext|>cat';
    const eos = bytes.eosTokenId!;
    expect([...bytes.encode(text)].filter((id) => id === eos)).toHaveLength(1);
    const ids = bytes.encode(text, { splitSpecialTokens: true });
    expect(ids).not.toContain(eos);
    expect(bytes.decode(ids)).toBe(text);
    expect(bytes.decode(bytes.encode(text))).toBe('thecat');
    expect(bytes.decode(bytes.encode(text), { skipSpecialTokens: false })).toBe(text);
  });

  it('knows its special ids', () => {
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
      /addEos: .*no special token for the end of a text/,
    );
    expect(bytes.tokenToId('<|endoftext|>')).toBe(0);
    expect(spaced.tokenToId('nothing')).toBeUndefined();
  });

  it('forgets a word that it could not encode', () => {
    const lacking = new BpeTokenizer({ ...spaced.config, unkToken: '[NONE]' });
    for (let i = 0; i < 2; i++) {
      expect(() => lacking.encode('the zebra')).toThrow(/"zebra" holds an unknown character, .* "\[NONE\]"/);
      expect(lacking.encode('the cat')).toEqual(spaced.encode('the cat'));
    }
  });

  it('refuses ids that are none', () => {
    const last = bytes.vocabSize - 1;
    for (const id of [-1, last + 1, 1.5, NaN]) {
      expect(() => bytes.decode([id])).toThrow(
        `decode: id ${id} given, expected a whole number from 0 to ${last}`,
      );
      expect(() => bytes.decodeStream().push(id)).toThrow(RangeError);
    }
  });

  it('keeps tokens with the names of object properties', async () => {
    const tokenizer = await trainBpe(['__proto__ constructor __proto__ constructor'], {
      vocabSize: 60,
      preTokenizer: noPreTokenizer(),
      specialTokens: ['__proto__', 'constructor'],
    });
    const again = BpeTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect([...again.encode('__proto__constructor')]).toEqual([0, 1]);
    expect(structuredClone(tokenizer.toJSON())).toEqual(tokenizer.toJSON());
  });

  it('a prefix space is put before every piece', () => {
    const prefixed = new BpeTokenizer({ ...bytes.config, preTokenizer: byteLevel({ addPrefixSpace: true }) });
    expect([...prefixed.encode('the<|endoftext|>the')]).toEqual([...bytes.encode(' the<|endoftext|> the')]);
  });
});
