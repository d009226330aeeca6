import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CharTokenizer, tokenizerFromJSON } from '../index.js';
import { trickyText } from '../testing/random-text.js';

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

  it('decodes to every text of its characters, at once, streamed, and after saving', () => {
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

  it('names the unknown character and its position', () => {
    const tokenizer = CharTokenizer.fromText('abc 🙂');
    expect(() => tokenizer.encode('a🙂bé')).toThrow(/"é" \(U\+00E9\) at position 3 \(string index 4\)/);
    expect(() => tokenizer.encode('x')).toThrow(
      /"x" \(U\+0078\) at position 0 is not among the 5 .* unknownToken/,
    );
  });

  it('has an unknown token with the option unknownToken', () => {
    const tokenizer = CharTokenizer.fromText('ab', { unknownToken: '<unk>' });
    expect([tokenizer.vocabSize, tokenizer.unkTokenId]).toEqual([3, 2]);
    expect([...tokenizer.encode('a?b')]).toEqual([0, 2, 1]);
    expect(tokenizer.decode([0, 2, 1])).toBe('ab');
    expect(tokenizer.decode([0, 2, 1], { skipSpecialTokens: false })).toBe('a<unk>b');
    expect(tokenizer.tokenToId('<unk>')).toBe(2);
    expect([...tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer))).encode('?')]).toEqual([2]);
  });

  it('throws for what it does not support', () => {
    const tokenizer = CharTokenizer.fromText('ab');
    expect(() => tokenizer.encode('a', { addEos: true })).toThrow(/no end-of-text token/);
    expect(() => tokenizer.decode([2])).toThrow('decode: id is 2. Expected an integer from 0 to 1');
    expect(() => tokenizer.decode([-1])).toThrow(RangeError);
    expect(() => new CharTokenizer(['a', 'bc'])).toThrow(
      /characters\[1\] is "bc"\. Expected exactly one character/,
    );
    expect(() => new CharTokenizer(['a', 'b', 'a'])).toThrow(/characters\[2\]: duplicate "a"/);
    expect(() => new CharTokenizer(['a'], { unknownToken: 'a' })).toThrow(/unknownToken is "a"/);
    expect(() => CharTokenizer.fromJSON({ type: 'char', characters: 'abc' })).toThrow(
      /"characters" is "abc"\. Expected an array/,
    );
    expect(() => CharTokenizer.fromJSON({ type: 'char', characters: ['a', 1] })).toThrow(
      /"characters\[1\]" is 1\. Expected a string/,
    );
    expect(() => CharTokenizer.fromJSON({ type: 'bpe' })).toThrow(/"type" is "bpe"/);
  });
});
