// Encoding the two sides of a split point separately gives the ids of the whole text, whatever follows it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BpeTokenizer, byteLevel, CharTokenizer, CompactBuilder, trainBpe, type Tokenizer } from './index.js';
import { type BpeConfig } from './bpe/bpe-config.js';
import { NO_PRE_TOKENIZER, WHITESPACE } from './pipeline/pre-tokenizers.js';
import { trickyText } from './testing/random-text.js';

const corpus =
  "the cat's hat, it's that\n\n  the   mat <|endoftext|> [UNK] 12 011 naïve 你你 🙂🙂 <s> \n ab's";

async function trained(overrides: Partial<BpeConfig>): Promise<BpeTokenizer> {
  const { config } = await trainBpe([corpus], {
    vocabSize: 400,
    specialTokens: ['[UNK]', '<|endoftext|>', '<s>', '<|end'],
    preTokenizer: overrides.preTokenizer,
  });
  return new BpeTokenizer({ ...config, unkToken: '[UNK]', ...overrides });
}

const word = { singleWord: false, lstrip: false, rstrip: false, normalized: false, special: false };
const stripping = [
  { ...word, id: 2, content: '<s>', lstrip: true, special: true },
  { ...word, id: 1, content: '<|endoftext|>', rstrip: true, special: true },
  { ...word, id: 3, content: '<|end', special: true },
  { ...word, id: 900, content: 'ab', singleWord: true },
  { ...word, id: 901, content: 'e <', normalized: true },
];

const tokenizers: Record<string, Tokenizer> = {
  characters: CharTokenizer.fromText('abc', { unknownToken: '?' }),
  whitespace: await trained({ preTokenizer: WHITESPACE }),
  'byte-level': await trained({ preTokenizer: byteLevel() }),
  'byte-level with a space before': await trained({ preTokenizer: byteLevel({ addPrefixSpace: true }) }),
  'byte-level without a pattern': await trained({ preTokenizer: byteLevel({ useRegex: false }) }),
  'no pre-tokenizer': await trained({ preTokenizer: NO_PRE_TOKENIZER, fuseUnk: true }),
  'whitespace, tokens that strip': await trained({ preTokenizer: WHITESPACE, addedTokens: stripping }),
  'byte-level, tokens that strip': await trained({ preTokenizer: byteLevel(), addedTokens: stripping }),
  'space before, tokens that strip': await trained({
    preTokenizer: byteLevel({ addPrefixSpace: true }),
    addedTokens: stripping,
  }),
};
tokenizers.compact = new CompactBuilder(tokenizers['byte-level'] as BpeTokenizer).add(corpus).build(60);

describe.each(Object.entries(tokenizers))('safeSplitPoint: %s', (_name, tokenizer) => {
  it.each([false, true])('preserves the ids (splitSpecialTokens: %s)', (splitSpecialTokens) => {
    fc.assert(
      fc.property(trickyText(), trickyText(), fc.nat(100), (known, unknown, near) => {
        const cut = tokenizer.safeSplitPoint(known, near, { splitSpecialTokens });
        expect(cut).toBeGreaterThanOrEqual(0);
        expect(cut).toBeLessThanOrEqual(Math.min(near, known.length));
        const whole = known + unknown;
        const pieces = [whole.slice(0, cut), whole.slice(cut)];
        expect({
          known,
          cut,
          ids: pieces.flatMap((piece) => [...tokenizer.encode(piece, { splitSpecialTokens })]),
        }).toEqual({
          known,
          cut,
          ids: [...tokenizer.encode(whole, { splitSpecialTokens })],
        });
      }),
      { numRuns: 400 },
    );
  });
});

describe('safeSplitPoint finds', () => {
  const text = 'One day, a cat sat.\nThe end.\n<|endoftext|>\nOne day';
  const cut = (name: string, near: number): number => tokenizers[name].safeSplitPoint(text, near);

  it('a position within a few words of the limit', () => {
    for (const name of ['whitespace', 'byte-level', 'compact']) {
      for (let near = 5; near <= text.length; near++) {
        expect(near - cut(name, near), `${name} near ${near}`).toBeLessThan('<|endoftext|>'.length + 1);
      }
    }
    expect(cut('characters', 17)).toBe(17);
    expect(cut('byte-level', 10)).toBe(10);
    expect(cut('byte-level', 9)).toBe(8);
    expect(cut('byte-level with a space before', 13)).toBe(10);
  });

  it('special tokens where a text is a single word', () => {
    expect(cut('no pre-tokenizer', text.length)).toBe(text.indexOf('\nOne day'));
    expect(cut('no pre-tokenizer', 41)).toBe(text.indexOf('<|endoftext|>'));
    expect(cut('no pre-tokenizer', 20)).toBe(0);
    expect(
      tokenizers['no pre-tokenizer'].safeSplitPoint(text, text.length, { splitSpecialTokens: true }),
    ).toBe(0);
  });

  it('no position in empty text', () => {
    for (const tokenizer of Object.values(tokenizers)) {
      expect([
        tokenizer.safeSplitPoint('', 5),
        tokenizer.safeSplitPoint('a b', 0),
        tokenizer.safeSplitPoint('a b', -1),
      ]).toEqual([0, 0, 0]);
    }
  });
});
