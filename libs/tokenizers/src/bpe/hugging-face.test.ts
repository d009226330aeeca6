// Compares training (vocabulary, merges) and encoding (ids, tokens, offsets, decoding) with fixtures made by Hugging Face's
// tokenizers (testing/make_fixtures.py), and with the library itself.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer as HuggingFace } from 'tokenizers';
import { afterAll, describe, expect, it } from 'vitest';
import { BpeTokenizer, byteLevel, trainBpe } from '../index.js';

interface TrainingCase {
  from: 'files' | 'iterator';
  sequences: string[];
  pre_tokenizer: 'whitespace' | 'byte-level' | 'byte-level-prefix' | 'none';
  vocab_size: number;
  min_frequency: number;
  special_tokens: string[];
  initial_alphabet: string[];
  limit_alphabet: number | null;
  vocab: string[];
  merges: [string, string][];
}

interface EncodingCase {
  tokenizer: Record<string, unknown>;
  texts: {
    text: string;
    ids: number[];
    ids_as_text: number[];
    tokens: string[];
    /** Null where Hugging Face's are wrong because characters are dropped. */
    offsets: [number, number][] | null;
    decoded: string;
    decoded_whole: string;
  }[];
}

const path =
  process.env.LILFORMER_FIXTURES ?? join(import.meta.dirname, '../testing/fixtures/hugging-face.json');
const fixtures = JSON.parse(readFileSync(path, 'utf8')) as {
  training: TrainingCase[];
  encoding: EncodingCase[];
};
const folder = mkdtempSync(join(tmpdir(), 'lilformer-tokenizers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const preTokenizers = {
  whitespace: 'whitespace',
  'byte-level': 'byte-level',
  'byte-level-prefix': byteLevel({ addPrefixSpace: true }),
  none: 'none',
} as const;

async function train(fixture: TrainingCase): Promise<BpeTokenizer> {
  const file = join(folder, 'corpus.txt');
  if (fixture.from === 'files') writeFileSync(file, fixture.sequences[0]);
  return trainBpe(fixture.from === 'files' ? { files: [file] } : fixture.sequences, {
    vocabSize: fixture.vocab_size,
    minFrequency: fixture.min_frequency,
    specialTokens: fixture.special_tokens,
    initialAlphabet: fixture.initial_alphabet,
    limitAlphabet: fixture.limit_alphabet ?? undefined,
    preTokenizer: preTokenizers[fixture.pre_tokenizer],
  });
}

describe('trainBpe against Hugging Face', () => {
  it(`learns the same vocabulary and merges (${fixtures.training.length} corpora with many ties)`, async () => {
    for (const fixture of fixtures.training) {
      const { vocab, merges } = (await train(fixture)).config;
      const { vocab: expectedVocab, merges: expectedMerges, ...settings } = fixture;
      expect({ settings, vocab: [...vocab.keys()], merges }).toEqual({
        settings,
        vocab: expectedVocab,
        merges: expectedMerges,
      });
    }
  });

  it('writes a tokenizer.json with which Hugging Face encodes to the same ids', async () => {
    for (const fixture of fixtures.training.slice(0, 30)) {
      const tokenizer = await train(fixture);
      const theirs = HuggingFace.fromString(JSON.stringify(tokenizer));
      for (const text of ['', ' ab  aab it’s the\n\nthere’s 🙂 naïve', ...fixture.sequences]) {
        const encoding = await theirs.encode(text);
        expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(encoding.getIds());
        expect(tokenizer.decode(encoding.getIds())).toBe(await theirs.decode(encoding.getIds(), true));
      }
    }
  });
});

describe('BpeTokenizer against Hugging Face', () => {
  it(`encodes and decodes equally (${fixtures.encoding.length} tokenizer.json files)`, () => {
    for (const fixture of fixtures.encoding) {
      const tokenizer = BpeTokenizer.fromJSON(fixture.tokenizer);
      for (const row of fixture.texts) {
        const detailed = tokenizer.encodeWithOffsets(row.text);
        const actual = {
          text: row.text,
          ids: [...tokenizer.encode(row.text)],
          tokens: detailed.tokens,
          offsets: row.offsets && detailed.offsets,
          decoded: tokenizer.decode(row.ids),
          decoded_whole: tokenizer.decode(row.ids, { skipSpecialTokens: false }),
          ids_as_text: [...tokenizer.encode(row.text, { splitSpecialTokens: true })],
        };
        expect(actual).toEqual(row);
        expect([...detailed.ids]).toEqual(row.ids);
      }
    }
  });

  it('writes what it read', () => {
    for (const { tokenizer } of fixtures.encoding) {
      const again = BpeTokenizer.fromJSON(BpeTokenizer.fromJSON(tokenizer).toJSON());
      expect(again.toJSON()).toEqual(BpeTokenizer.fromJSON(tokenizer).toJSON());
      expect(() => HuggingFace.fromString(JSON.stringify(again))).not.toThrow();
    }
  });
});
