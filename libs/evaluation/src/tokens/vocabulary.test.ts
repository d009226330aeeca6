import { golden, goldenJson, tinyShakespeare } from '@lilformer/testing';
import { CharTokenizer, loadTokenizer } from '@lilformer/tokenizers';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mostFrequent, textStatistics, topWords, vocabularyStudy } from './vocabulary.js';

const FOLDER = 'tokenizers/whitespace_bpe';
const TEXT = tinyShakespeare;

interface Config {
  vocab_size: number;
  characters: number;
  unique_characters: number;
  tokens_in_corpus: number;
  trained_on: { characters_from: number; characters_to: number };
  top_20: { id: number; token: string; count: number }[];
  top_100_words: { counts: [string, number][]; missing_in_vocabulary: string[] };
}

describe('the vocabulary of a Shakespeare tokenizer', () => {
  it('equals the counts of Hugging Face and Python', async () => {
    const config = goldenJson<Config>(`${FOLDER}/config.json`);
    const { characters_from: from, characters_to: to } = config.trained_on;
    const text = readFileSync(TEXT, 'utf8').slice(from, to);
    const tokenizer = await loadTokenizer(golden(`${FOLDER}/tokenizer.json`));
    const study = vocabularyStudy(text, tokenizer);
    expect(study.vocabSize).toBe(config.vocab_size);
    expect(study.characters).toBe(config.characters);
    expect(study.alphabet).toHaveLength(config.unique_characters);
    expect(study.tokens).toBe(config.tokens_in_corpus);
    expect(study.charactersPerToken).toBe(config.characters / config.tokens_in_corpus);
    expect(study.topTokens).toEqual(config.top_20.map(({ token, ...rest }) => ({ ...rest, text: token })));
    expect(study.topWords.map(({ text, count }) => [text, count])).toEqual(config.top_100_words.counts);
    const missing = config.top_100_words.missing_in_vocabulary;
    expect([...study.missed].sort()).toEqual(missing);
    expect(study.captured).toHaveLength(study.topWords.length - missing.length);
  });
});

describe('counting', () => {
  it('counts characters by code point and bytes by UTF-8', () => {
    expect(textStatistics('né 😀é')).toEqual({
      characters: 5,
      bytes: 10,
      alphabet: [' ', 'n', 'é', '😀'],
    });
  });

  it('sorts by frequency, then by first appearance', () => {
    expect(topWords('B a b, a c! d', 4)).toEqual([
      { text: 'b', count: 2 },
      { text: 'a', count: 2 },
      { text: ',', count: 1 },
      { text: 'c', count: 1 },
    ]);
    const tokenizer = CharTokenizer.fromText('abc');
    const study = vocabularyStudy('cbbca', tokenizer, { tokens: 2 });
    expect(study.topTokens.map(({ text }) => text)).toEqual(['c', 'b']);
  });

  it('rejects an invalid number', () => {
    expect(() => mostFrequent([7], -1)).toThrow('number of most frequent items: is -1');
  });
});
