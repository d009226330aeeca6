// Tokenizers built from the old and new files of a Hugging Face folder equal what Hugging Face reads from the same files.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer, PipelineTokenizer } from '../index.js';

interface TokenizerFile {
  added_tokens: { content: string }[];
  normalizer: Record<string, unknown>;
  post_processor: unknown;
  pre_tokenizer: unknown;
  model: { vocab: Record<string, number>; merges: [string, string][] };
}

const { families } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../testing/fixtures/pipelines.json'), 'utf8'),
) as {
  families: Record<string, { tokenizer: TokenizerFile; texts: { text: string; with_special: number[] }[] }>;
};
const root = mkdtempSync(join(tmpdir(), 'lilformer-tokenizer-folders-'));
afterAll(() => rmSync(root, { recursive: true }));
let made = 0;

function folderWith(files: Record<string, string>): string {
  const folder = join(root, String(made++));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function expectIds(folder: string, family: string): Promise<void> {
  const tokenizer = await loadTokenizer(folder);
  for (const { text, with_special: ids } of families[family].texts) {
    expect([...tokenizer.encode(text, { addSpecialTokens: true })], text).toEqual(ids);
  }
}

describe('folders of tokenizers', () => {
  it.each(Object.keys(families))('tokenizer.json of %s', async (family) => {
    await expectIds(
      folderWith({ 'tokenizer.json': JSON.stringify(families[family].tokenizer), 'vocab.txt': 'not read' }),
      family,
    );
  });

  it.each(['gpt2', 'bart'])('vocab.json and merges.txt of %s', async (family) => {
    const { vocab, merges } = families[family].tokenizer.model;
    const mask = Object.keys(vocab).length;
    const whole = family === 'bart' ? { ...vocab, '<mask>': mask } : vocab;
    const folder = folderWith({
      'vocab.json': JSON.stringify(whole),
      'merges.txt': `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n`,
      'tokenizer_config.json': JSON.stringify({ model_max_length: 1024, bos_token: '<s>' }),
    });
    await expectIds(folder, family);
  });

  it.each(['bert_uncased', 'bert_cased'])('vocab.txt of %s', async (family) => {
    const { vocab } = families[family].tokenizer.model;
    const lines = Object.entries(vocab).sort(([, a], [, b]) => a - b);
    const folder = folderWith({
      'vocab.txt': lines.map(([token]) => `${token}\n`).join(''),
      ...(family === 'bert_cased' && { 'tokenizer_config.json': '{"do_lower_case": false}' }),
    });
    await expectIds(folder, family);
    expect((await loadTokenizer(folder)).toJSON()).toEqual({
      ...families[family].tokenizer,
      model: expect.objectContaining({ vocab, type: 'WordPiece' }) as unknown,
      normalizer: { ...families[family].tokenizer.normalizer, strip_accents: null },
    });
  });

  it('name what they lack', async () => {
    await expect(loadTokenizer(folderWith({ 'spiece.model': 'x' }))).rejects.toThrow(
      /the SentencePiece file spiece\.model is not supported\. Convert it to tokenizer\.json with Python/,
    );
    await expect(loadTokenizer(folderWith({ 'vocab.json': '{}' }))).rejects.toThrow(
      /no tokenizer\. Expected tokenizer\.json, vocab\.json with merges\.txt, or vocab\.txt/,
    );
    await expect(loadTokenizer(folderWith({ 'vocab.txt': '[PAD]\n[UNK]\n' }))).rejects.toThrow(
      /vocab\.txt: no line "\[CLS\]"/,
    );
    await expect(loadTokenizer(folderWith({ 'tokenizer.json': '{' }))).rejects.toThrow(
      /tokenizer\.json: not JSON: /,
    );
    await expect(
      loadTokenizer(folderWith({ 'vocab.json': '{"a": 0}', 'merges.txt': '#version: 0.2\na b\n' })),
    ).rejects.toThrow(/merges\.txt: line 2 \("a b"\): "b" is not in vocab\.json/);
  });
});

describe('an invalid tokenizer.json of WordPiece or Unigram', () => {
  const { tokenizer: bert } = families.bert_uncased;
  const { tokenizer: t5 } = families.t5;
  const table = 'normalizer.precompiled_charsmap';
  it.each([
    [{ ...bert, normalizer: { type: 'Nmt' } }, '"normalizer" "Nmt" is not supported'],
    [{ ...bert, pre_tokenizer: { type: 'Split' } }, '"pre_tokenizer" "Split" is not supported'],
    [
      { ...bert, decoder: { type: 'ByteLevel' } },
      '"decoder" "ByteLevel" is not supported. Expected another decoder',
    ],
    [
      { ...bert, model: { type: 'WordLevel' } },
      '"model.type" is "WordLevel". Expected "BPE", "WordPiece" or',
    ],
    [
      { ...bert, model: { type: 'WordPiece', vocab: { a: 0 } } },
      '"model.unk_token" "[UNK]" is not in the voc',
    ],
    [
      { ...bert, model: { type: 'WordPiece', vocab: { '[UNK]': 0, b: 0 } } },
      '"[UNK]" and "b" have the same id 0',
    ],
    [{ ...t5, model: { type: 'Unigram', vocab: [['a']] } }, '"model.vocab[0]" is an array. Expected'],
    [
      { ...t5, model: { type: 'Unigram', vocab: [], unk_id: 3 } },
      '"model.unk_id" is 3. Expected less than 0',
    ],
    [{ ...t5, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }, `${table}" has 3 bytes`],
    [
      { ...t5, normalizer: { type: 'Replace', pattern: { Regex: '(a)\\1' }, content: '' } },
      'is not supported',
    ],
    [{ ...t5, pre_tokenizer: { type: 'Metaspace', replacement: 'ab' } }, 'Expected one character'],
    [{ ...t5, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'x' } }, 'Expected "always", "first" or'],
  ])('throws an error that names the field (%#)', (json, message) => {
    expect(() => PipelineTokenizer.fromJSON(json)).toThrow(message);
  });
});
