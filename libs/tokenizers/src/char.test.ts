import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CharTokenizer, tokenizerFromJSON } from './index.js';
import { trickyText } from './testing/texts.js';

describe('CharTokenizer', () => {
  it('numbers the characters of a text by code point', () => {
    const tokenizer = CharTokenizer.fromText('hello, 🙂 ﬁne\n');
    // sorted(set(text)) in Python: U+1F642 comes after U+FB01, although its first code unit is smaller.
    expect(Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id))).toEqual([
      ...'\n ,ehlnoﬁ🙂',
    ]);
    expect([...tokenizer.encode('hole🙂')]).toEqual([4, 7, 5, 3, 9]);
    expect(tokenizer.decode([4, 7, 5, 3, 9])).toBe('hole🙂');
    expect(tokenizer.tokenToId('🙂')).toBe(9);
    expect(tokenizer.tokenToId('he')).toBeUndefined();
  });

  it('gives back every text made of its characters, in one piece, streamed, and after saving', () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        const tokenizer = CharTokenizer.fromText(text);
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.length).toBe([...text].length);
        const stream = tokenizer.decodeStream();
        expect([...ids].map((id) => stream.push(id)).join('') + stream.flush()).toBe(text);
        const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
        expect([...again.encode(text)]).toEqual([...ids]);
      }),
    );
  });

  it('builds one vocabulary from several texts', () => {
    expect(CharTokenizer.fromText(['ba', 'cab']).toJSON()).toMatchObject({ characters: ['a', 'b', 'c'] });
  });

  it('says which character is unknown, and where', () => {
    const tokenizer = CharTokenizer.fromText('abc 🙂');
    expect(() => tokenizer.encode('a🙂bé')).toThrow(/"é" \(U\+00E9\) at position 3 \(string index 4\)/);
    expect(() => tokenizer.encode('x')).toThrow(
      /"x" \(U\+0078\) at position 0 is not among the 5 .* unknownToken/,
    );
  });

  it('has an unknown token if asked to', () => {
    const tokenizer = CharTokenizer.fromText('ab', { unknownToken: '<unk>' });
    expect([tokenizer.vocabSize, tokenizer.unkTokenId]).toEqual([3, 2]);
    expect([...tokenizer.encode('a?b')]).toEqual([0, 2, 1]);
    expect(tokenizer.decode([0, 2, 1])).toBe('ab');
    expect(tokenizer.decode([0, 2, 1], { skipSpecialTokens: false })).toBe('a<unk>b');
    expect(tokenizer.tokenToId('<unk>')).toBe(2);
    expect([...tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer))).encode('?')]).toEqual([2]);
  });

  it('refuses what it cannot do', () => {
    const tokenizer = CharTokenizer.fromText('ab');
    expect(() => tokenizer.encode('a', { addEos: true })).toThrow(/no end-of-text id/);
    expect(() => tokenizer.decode([2])).toThrow('decode: id 2 given, expected a whole number from 0 to 1');
    expect(() => tokenizer.decode([-1])).toThrow(RangeError);
    expect(() => new CharTokenizer(['a', 'bc'])).toThrow(
      /entry 1: "bc" given, expected exactly one character/,
    );
    expect(() => new CharTokenizer(['a', 'b', 'a'])).toThrow(/entry 2: "a" is there twice/);
    expect(() => new CharTokenizer(['a'], { unknownToken: 'a' })).toThrow(/unknownToken "a"/);
    expect(() => CharTokenizer.fromJSON({ type: 'char', characters: 'abc' })).toThrow(
      /"characters": "abc" given/,
    );
    expect(() => CharTokenizer.fromJSON({ type: 'char', characters: ['a', 1] })).toThrow(/entry 1: 1 given/);
    expect(() => CharTokenizer.fromJSON({ type: 'bpe' })).toThrow(/"type" is "bpe"/);
  });
});
