import { CharTokenizer } from '@lilformer/tokenizers';
import { describe, expect, it } from 'vitest';
import { randomStart } from './prompt.js';

const tokenizer = CharTokenizer.fromText('abcdef', { unknownToken: '<unk>' });

describe('randomStart', () => {
  it('is uniform over all tokens but the special ones', () => {
    // Pearson's chi-squared test: with 5 degrees of freedom 20.5 is passed once in a thousand.
    const counts = new Array<number>(tokenizer.vocabSize).fill(0);
    const draws = 3000;
    for (let seed = 0; seed < draws; seed++) counts[randomStart(tokenizer, seed)[0]]++;
    expect(counts[tokenizer.unkTokenId!]).toBe(0);
    const statistic = counts
      .slice(0, 6)
      .reduce((sum, count) => sum + (count - draws / 6) ** 2 / (draws / 6), 0);
    expect(statistic).toBeLessThan(20.5);
  });

  it('returns the same token for the same seed, and random tokens without a seed', () => {
    expect(randomStart(tokenizer, 'x')).toEqual(randomStart(tokenizer, 'x'));
    const seen = new Set(Array.from({ length: 200 }, () => randomStart(tokenizer)[0]));
    expect(seen.size).toBe(6);
  });

  it('throws on an invalid seed and a tokenizer without other tokens', () => {
    expect(() => randomStart(tokenizer, 0.5)).toThrow('seed 0.5: expected an integer');
    const empty = { ...tokenizer, vocabSize: 1, unkTokenId: 0 } as unknown as CharTokenizer;
    expect(() => randomStart(empty)).toThrow('special tokens only');
  });
});
