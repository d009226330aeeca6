import fc from 'fast-check';
import ranks from 'gpt-tokenizer/bpeRanks/r50k_base';
import { encode } from 'gpt-tokenizer/encoding/r50k_base';
import { Tokenizer as HuggingFace } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer, tokenizerFromJSON } from '../index.js';
import { bytesToToken } from './byte-level.js';
import { wholeText } from '../testing/random-text.js';

describe('gpt2Tokenizer', () => {
  const tokenizer = gpt2Tokenizer();

  it('has 50,257 tokens, the last for the end of a text', () => {
    expect(tokenizer.vocabSize).toBe(50_257);
    expect(tokenizer.eosTokenId).toBe(50_256);
    expect([...tokenizer.encode('a<|endoftext|>b')]).toEqual([64, 50_256, 65]);
    expect(gpt2Tokenizer()).toBe(tokenizer);
  });

  it('has the tokens of gpt-tokenizer', () => {
    const encoder = new TextEncoder();
    const theirs = ranks.map((token) =>
      bytesToToken(typeof token === 'string' ? encoder.encode(token) : token),
    );
    expect([...tokenizer.config.vocab.keys()]).toEqual([...theirs, '<|endoftext|>']);
  });

  it("gives the ids of gpt-tokenizer, except for JavaScript's white space", () => {
    // U+0085 is white space in Unicode and Hugging Face, U+FEFF is not; JavaScript's \s is the opposite.
    const text = wholeText().filter((candidate) => !/[\u0085\ufeff]/.test(candidate));
    fc.assert(
      fc.property(text, (candidate) => {
        const ids = encode(candidate, { disallowedSpecial: new Set() });
        expect([...tokenizer.encode(candidate, { splitSpecialTokens: true })]).toEqual(ids);
      }),
      { numRuns: 300 },
    );
  });

  it('writes a tokenizer.json that Hugging Face loads, with the same ids', async () => {
    const json = JSON.stringify(tokenizer);
    const theirs = HuggingFace.fromString(json);
    const again = tokenizerFromJSON(JSON.parse(json));
    for (const text of fc.sample(wholeText(), { numRuns: 200, seed: 1 })) {
      const ids = (await theirs.encode(text)).getIds();
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect([...again.encode(text)]).toEqual(ids);
    }
  });
});
