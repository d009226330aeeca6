// Compares the hand-written scanners with their regular expressions on random text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteLevel, preTokenize } from '../index.js';
import { WHITESPACE } from './pre-tokenizers.js';
import { trickyText } from '../testing/random-text.js';

// \s of Rust and Oniguruma is White_Space, \w as Rust's regex crate documents it (Unicode TR18, annex C).
const WHITESPACE_PATTERN =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const matches = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([match]) => match);

describe('pre-tokenizers', () => {
  it('Whitespace equals its regular expression', () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        expect(preTokenize(text, 'whitespace')).toEqual(matches(text, WHITESPACE_PATTERN));
      }),
      { numRuns: 2000 },
    );
  });

  it("ByteLevel equals GPT-2's regular expression", () => {
    fc.assert(
      fc.property(trickyText(), (text) => {
        expect(preTokenize(text, byteLevel())).toEqual(matches(text, GPT2_PATTERN));
      }),
      { numRuns: 2000 },
    );
  });

  it('scanning resumes where a full buffer ended', () => {
    fc.assert(
      fc.property(trickyText(), fc.integer({ min: 1, max: 3 }), fc.boolean(), (text, room, bytes) => {
        const preTokenizer = bytes ? byteLevel() : WHITESPACE;
        const bounds = new Int32Array(2 * room);
        const found: string[] = [];
        for (let from = 0, count = room; count === room;) {
          count = preTokenizer.scan(text, from, text.length, bounds);
          for (let i = 0; i < count; i++) found.push(text.slice(bounds[2 * i], bounds[2 * i + 1]));
          if (count > 0) from = bounds[2 * count - 1];
        }
        expect(found).toEqual(matches(text, bytes ? GPT2_PATTERN : WHITESPACE_PATTERN));
      }),
    );
  });

  it('addPrefixSpace inserts a space before a text without one', () => {
    const preTokenizer = byteLevel({ addPrefixSpace: true });
    expect(preTokenize('one two', preTokenizer)).toEqual([' one', ' two']);
    expect(preTokenize(' one', preTokenizer)).toEqual([' one']);
    expect(preTokenize('', preTokenizer)).toEqual([]);
  });

  it('without a pattern, a text is one word', () => {
    expect(preTokenize('one two', 'none')).toEqual(['one two']);
    expect(preTokenize('one two', byteLevel({ useRegex: false }))).toEqual(['one two']);
    expect(preTokenize('', 'none')).toEqual([]);
  });
});
