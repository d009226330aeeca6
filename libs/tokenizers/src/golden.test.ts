// The reference tokenizers trained by Hugging Face on Tiny Shakespeare, GPT-2's real ids, and the compact table.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { goldenJson, tinyShakespeare } from '@lilformer/testing';
import { describe, expect, it } from 'vitest';
import {
  BpeTokenizer,
  CompactBuilder,
  CompactTokenizer,
  gpt2Tokenizer,
  trainBpe,
  preTokenize,
} from './index.js';

interface Row {
  text: string;
  ids: number[];
  tokens: string[];
  offsets: [number, number][];
  decoded: string;
}

interface BpeCase {
  vocab_size: number;
  special_tokens: Record<string, number>;
  trained_on: { characters_from?: number; characters_to?: number; bytes_from?: number; bytes_to?: number };
  tokens_in_corpus: number;
  corpus_ids_sha256: string;
  unique_characters?: number;
  top_20?: { id: number; token: string; count: number }[];
  top_100_words?: { counts: [string, number][]; missing_in_vocabulary: string[] };
  first_500_ids?: number[];
}

/** The part of Tiny Shakespeare that a case was trained on. */
function trainingText({ trained_on: part }: BpeCase): string {
  const bytes = readFileSync(tinyShakespeare);
  if (part.bytes_from !== undefined) return bytes.subarray(part.bytes_from, part.bytes_to).toString();
  return [...bytes.toString()].slice(part.characters_from, part.characters_to).join('');
}

function sha256(ids: Uint32Array): string {
  return createHash('sha256')
    .update(Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength))
    .digest('hex');
}

function expectRow(tokenizer: BpeTokenizer, row: Row): void {
  const { ids, tokens, offsets } = tokenizer.encodeWithOffsets(row.text);
  expect({ text: row.text, ids: [...ids], tokens, offsets, decoded: tokenizer.decode(ids) }).toEqual(row);
  expect([...tokenizer.encode(row.text)]).toEqual(row.ids);
}

for (const name of ['whitespace_bpe', 'byte_level_bpe'] as const) {
  const file = `tokenizers/${name}/tokenizer.json`;
  describe(`golden ${name}`, () => {
    const settings = goldenJson<BpeCase>(`tokenizers/${name}/config.json`);
    const tokenizer = BpeTokenizer.fromJSON(goldenJson(file));
    const text = trainingText(settings);

    it('trains to the same vocabulary and merges', async () => {
      const specialTokens = Object.keys(settings.special_tokens);
      const trained = await trainBpe([text], {
        vocabSize: settings.vocab_size,
        specialTokens,
        unkToken: specialTokens.find((token) => token === '[UNK]'),
        preTokenizer: name === 'whitespace_bpe' ? 'whitespace' : 'byte-level',
      });
      expect(trained.toJSON()).toEqual(goldenJson(file));
    });

    it('encodes the hard strings', () => {
      for (const row of goldenJson<Row[]>(`tokenizers/${name}/strings.json`)) expectRow(tokenizer, row);
    });

    it('encodes the whole text', () => {
      const ids = tokenizer.encode(text);
      expect(ids.length).toBe(settings.tokens_in_corpus);
      expect(sha256(ids)).toBe(settings.corpus_ids_sha256);
      if (name === 'byte_level_bpe') {
        expect([...ids.subarray(0, 500)]).toEqual(settings.first_500_ids);
      } else {
        const counts = new Uint32Array(tokenizer.vocabSize);
        for (const id of ids) counts[id]++;
        const ranked = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
        expect(
          ranked.slice(0, 20).map((id) => ({ id, token: tokenizer.idToToken(id), count: counts[id] })),
        ).toEqual(settings.top_20);
      }
    });
  });
}

describe('golden whitespace_bpe, details', () => {
  const settings = goldenJson<BpeCase>('tokenizers/whitespace_bpe/config.json');
  const tokenizer = BpeTokenizer.fromJSON(goldenJson('tokenizers/whitespace_bpe/tokenizer.json'));
  const text = trainingText(settings);

  it('encodes the first 2000 characters in detail', () => {
    const row = goldenJson<Omit<Row, 'text'>>('tokenizers/whitespace_bpe/first_2000_characters.json');
    expectRow(tokenizer, { text: text.slice(0, 2000), ...row });
  });

  it('counts the most frequent words through the pre-tokenizer', () => {
    const counts = new Map<string, number>();
    for (const word of preTokenize(text.toLowerCase(), 'whitespace'))
      counts.set(word, (counts.get(word) ?? 0) + 1);
    const expected = settings.top_100_words!;
    expect([...counts.values()].sort((a, b) => b - a).slice(0, 100)).toEqual(
      expected.counts.map(([, count]) => count),
    );
    for (const [word, count] of expected.counts) expect([word, counts.get(word)]).toEqual([word, count]);
    const missing = expected.counts
      .map(([word]) => word)
      .filter((word) => tokenizer.tokenToId(word) === undefined);
    expect(missing.sort()).toEqual([...expected.missing_in_vocabulary].sort());
  });
});

interface Ids {
  text: string;
  ids: number[];
}

describe('golden gpt2_ids', () => {
  const settings = goldenJson<{
    vocab_size: number;
    special_tokens: Record<string, number>;
    tinyshakespeare: { tokens: number; ids_sha256: string };
  }>('tokenizers/gpt2_ids/config.json');

  it("gives GPT-2's ids for the hard strings and the whole of Tiny Shakespeare", () => {
    const tokenizer = gpt2Tokenizer();
    expect(tokenizer.vocabSize).toBe(settings.vocab_size);
    for (const [token, id] of Object.entries(settings.special_tokens))
      expect(tokenizer.tokenToId(token)).toBe(id);
    for (const { text, ids } of goldenJson<Ids[]>('tokenizers/gpt2_ids/strings.json')) {
      expect([text, ...tokenizer.encode(text)]).toEqual([text, ...ids]);
      expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
    }
    const ids = tokenizer.encode(readFileSync(tinyShakespeare, 'utf8'));
    expect(ids.length).toBe(settings.tinyshakespeare.tokens);
    expect(sha256(ids)).toBe(settings.tinyshakespeare.ids_sha256);
  });

  it('remaps them through a table read from a file', () => {
    const tokenizer = CompactTokenizer.fromJSON(goldenJson('tokenizers/gpt2_ids/remap_tokenizer.json'));
    const cases = goldenJson<{ text: string; compact_ids: number[]; decoded: string }[]>(
      'tokenizers/gpt2_ids/remap_cases.json',
    );
    for (const { text, compact_ids: ids, decoded } of cases) {
      expect([...tokenizer.encode(text, { addEos: true })]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
    expect(tokenizer.toJSON()).toEqual(goldenJson('tokenizers/gpt2_ids/remap_tokenizer.json'));
  });
});

describe('golden compact_remap', () => {
  const cases = goldenJson<{
    base_tokenizer: string;
    texts: {
      text: string;
      base_ids: number[];
      compact_ids: number[];
      compact_ids_without_eos: number[];
      decoded: string;
    }[];
    decode_only: { compact_ids: number[]; decoded_base_ids: number[] };
  }>('tokenizers/compact_remap/cases.json');
  const base = BpeTokenizer.fromJSON(goldenJson(`tokenizers/compact_remap/${cases.base_tokenizer}`));
  const table = goldenJson<{ vocab_size: number }>('tokenizers/compact_remap/tokenizer.json');

  it('encodes and decodes through the table', () => {
    const tokenizer = CompactTokenizer.fromJSON(table, base);
    for (const row of cases.texts) {
      expect([...base.encode(row.text)]).toEqual(row.base_ids);
      expect([...tokenizer.encode(row.text, { addEos: true })]).toEqual(row.compact_ids);
      expect([...tokenizer.encode(row.text)]).toEqual(row.compact_ids_without_eos);
      expect(tokenizer.decode(row.compact_ids)).toBe(row.decoded);
      const stream = tokenizer.decodeStream();
      expect(row.compact_ids.map((id) => stream.push(id)).join('') + stream.flush()).toBe(row.decoded);
    }
    const odd = cases.decode_only;
    expect(tokenizer.decode(odd.compact_ids)).toBe(base.decode(odd.decoded_base_ids));
  });

  it('builds the same table from the corpus', () => {
    const corpus = goldenJson<{
      characters_from_byte: number;
      characters: number;
      base_tokens: number;
      distinct_base_ids: number;
    }>('tokenizers/compact_remap/corpus.json');
    const text = readFileSync(tinyShakespeare).subarray(corpus.characters_from_byte).toString();
    const builder = new CompactBuilder(base).add([...text].slice(0, corpus.characters).join(''));
    expect(builder.unknownAt(3)).toEqual({
      tokens: corpus.base_tokens,
      unknown: corpus.base_tokens,
      share: 1,
    });
    const built = builder.build(table.vocab_size);
    expect(built.toJSON()).toEqual({ ...table, base: base.toJSON() });
    expect(builder.build(corpus.distinct_base_ids + 10).keptCount).toBe(corpus.distinct_base_ids);
  });

  it('builds the same tables from a stream of ids', () => {
    const { base_ids: ids, builds } = goldenJson<{ base_ids: number[]; builds: { vocab_size: number }[] }>(
      'tokenizers/compact_remap/builder.json',
    );
    const builder = new CompactBuilder(base).addIds(ids);
    for (const expected of builds) {
      expect(builder.build(expected.vocab_size).toJSON()).toEqual({ ...expected, base: base.toJSON() });
    }
  });
});
