import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BYTE_CHARACTERS } from '../bpe/byte-level.js';
import { CharTokenizer } from '../char/char.js';
import { loadTokenizer } from './files.js';
import { tokenizerFromFiles } from './tokenizer-from-files.js';

const root = mkdtempSync(join(tmpdir(), 'lilformer-tokenizer-files-'));
afterAll(() => rmSync(root, { recursive: true }));

const merges = [['Ġ', 'c'], ['a', 't'], ['Ġc', 'at']]; // prettier-ignore
const tokens = ['<|endoftext|>', ...BYTE_CHARACTERS, ...merges.map((pair) => pair.join(''))];
const FOLDERS: Record<string, Record<string, string>> = {
  'tokenizer.json': { 'tokenizer.json': JSON.stringify(new CharTokenizer('a cthe').toJSON()) },
  'vocab.json': {
    'vocab.json': JSON.stringify(Object.fromEntries(tokens.map((token, id) => [token, id]))),
    'merges.txt': merges.map((pair) => `${pair.join(' ')}\r\n`).join(''),
    'added_tokens.json': JSON.stringify({ '[PAD]': 260 }),
    'special_tokens_map.json': JSON.stringify({ pad_token: '[PAD]' }),
  },
  'vocab.txt': {
    'vocab.txt': '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\nthe\n',
    'tokenizer_config.json': JSON.stringify({ do_lower_case: true }),
  },
};

describe('tokenizerFromFiles', () => {
  it.each(Object.entries(FOLDERS))(
    'builds the same tokenizer as from a folder: %s',
    async (name, contents) => {
      const folder = join(root, name);
      mkdirSync(folder);
      for (const [file, text] of Object.entries(contents)) writeFileSync(join(folder, file), text);
      const expected = await loadTokenizer(folder);
      const text = 'the cat';
      for (const read of [
        (text: string) => new Blob([text]),
        (text: string) => new TextEncoder().encode(text),
      ]) {
        const files = new Map(Object.entries(contents).map(([file, text]) => [file, read(text)]));
        const tokenizer = await tokenizerFromFiles(files);
        expect(tokenizer.toJSON()).toEqual(expected.toJSON());
        expect(tokenizer.encode(text)).toEqual(expected.encode(text));
        expect(tokenizer.encode(text).length).toBeGreaterThan(1);
      }
    },
  );

  it('names the file and what is wrong', async () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const files = (...entries: [string, Uint8Array][]) => new Map(entries);
    await expect(tokenizerFromFiles(files(), 'dropped')).rejects.toThrow('dropped: no tokenizer. Expected');
    await expect(tokenizerFromFiles(files(['tokenizer.json', bytes('{')]), 'dropped')).rejects.toThrow(
      'dropped/tokenizer.json: not JSON',
    );
    await expect(
      tokenizerFromFiles(files(['tokenizer.json', Uint8Array.of(0xff, 0xfe)]), 'dropped'),
    ).rejects.toThrow('dropped/tokenizer.json: not UTF-8');
  });
});
