// The hand-written scanners against the regular expressions they stand for, on random text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteLevel, preTokenize } from './index.js';
import { noPreTokenizer, whitespace } from './pre-tokenizers.js';
import { trickyText } from './testing/texts.js';

// \s of Rust and Oniguruma is White_Space, \w as Rust's regex crate documents it (Unicode TR18, annex C).
const WHITESPACE =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const matches = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([match]) => match);

describe('pre-tokenizers', () => {
  it('Whitespace is its regular expression', () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        expect([...preTokenize(text, whitespace())]).toEqual(matches(text, WHITESPACE));
      }),
      { numRuns: 2000 },
    );
  });

  it("ByteLevel is GPT-2's regular expression", () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        expect([...preTokenize(text, byteLevel())]).toEqual(matches(text, GPT2));
      }),
      { numRuns: 2000 },
    );
  });

  it('scanning goes on where a full buffer ended', () => {
    fc.assert(
      fc.property(trickyText(), fc.integer({ min: 1, max: 3 }), fc.boolean(), (text, room, bytes) => {
        const preTokenizer = bytes ? byteLevel() : whitespace();
        const bounds = new Int32Array(2 * room);
        const found: string[] = [];
        for (let from = 0, count = room; count === room;) {
          count = preTokenizer.scan(text, from, text.length, bounds);
          for (let i = 0; i < count; i++) found.push(text.slice(bounds[2 * i], bounds[2 * i + 1]));
          if (count > 0) from = bounds[2 * count - 1];
        }
        expect(found).toEqual(matches(text, bytes ? GPT2 : WHITESPACE));
      }),
    );
  });

  it('addPrefixSpace puts a space before a text without one', () => {
    const preTokenizer = byteLevel({ addPrefixSpace: true });
    expect([...preTokenize('one two', preTokenizer)]).toEqual([' one', ' two']);
    expect([...preTokenize(' one', preTokenizer)]).toEqual([' one']);
    expect([...preTokenize('', preTokenizer)]).toEqual([]);
  });

  it('without a pattern a text is one word', () => {
    expect([...preTokenize('one two', noPreTokenizer())]).toEqual(['one two']);
    expect([...preTokenize('one two', byteLevel({ useRegex: false }))]).toEqual(['one two']);
    expect([...preTokenize('', noPreTokenizer())]).toEqual([]);
  });
});
