import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { RunFolder } from '@lilformer/checkpoints';
import { CharTokenizer } from '@lilformer/tokenizers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluationText } from './evaluation-text.js';
import { Terminal } from './output/terminal.js';

const TEXT = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(97 + ((i * i) % 23))).join('');
const tokenizer = CharTokenizer.fromText(TEXT);
const flags = { text: undefined, split: undefined, separator: 'none', textTokens: 0 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lilformer-evaluation-'));
  process.env.LILFORMER_CACHE = join(folder, 'cache');
  await writeFile(join(folder, 'text.txt'), TEXT);
});
afterEach(async () => {
  delete process.env.LILFORMER_CACHE;
  await rm(folder, { recursive: true, force: true });
});

const measured = (path: string, given: Partial<Parameters<typeof evaluationText>[2]> = {}) =>
  evaluationText(
    { kind: path.endsWith('.txt') ? 'state-dict' : 'run', path },
    tokenizer,
    { ...flags, ...given },
    new Terminal(new PassThrough() as unknown as NodeJS.WriteStream),
    new AbortController().signal,
  );

async function run(settings: object, valid?: string): Promise<string> {
  const path = join(folder, 'run');
  const text = (file: string) => ({ kind: 'files', files: [join(folder, file)], read: { separator: '' } });
  const corpus = { train: text('text.txt'), ...(valid === undefined ? {} : { valid: text(valid) }) };
  const made = await RunFolder.create(path, {
    config: { settings: { split: 0.8, contextLength: 64, evalBatches: 0, ...settings }, corpus },
    tokenizer: tokenizer.toJSON(),
  });
  await made.close();
  return path;
}

describe('evaluationText', () => {
  it('is the held-out part of its training text', async () => {
    const text = (await measured(await run({ splitBy: 'tokens', windows: 'random' })))!;
    expect(tokenizer.decode(text.source.read(0, text.source.length))).toBe(TEXT.slice(800));
    expect(text.tokenized).toEqual({ text: TEXT, tokens: 1000 });
  });

  it('starts with the first validation window with splitBy windows', async () => {
    // 936 windows of 64 and the token after, 748 of them to train on
    const text = (await measured(await run({ splitBy: 'windows', windows: 'sliding' })))!;
    expect(tokenizer.decode(text.source.read(0, text.source.length))).toBe(TEXT.slice(748));
  });

  it('is the validation text of a run with one', async () => {
    await writeFile(join(folder, 'valid.txt'), TEXT.slice(5, 25));
    const text = (await measured(await run({ splitBy: 'tokens', windows: 'random' }, 'valid.txt'), {
      textTokens: 7,
    }))!;
    expect(tokenizer.decode(text.source.read(0, text.source.length))).toBe(TEXT.slice(5, 12));
    expect(text.description).toBe('the first 7 tokens of the validation text of its run');
  });

  it('is the text of --text, or a part of it', async () => {
    const text = (await measured(folder, { text: join(folder, 'text.txt'), split: 0.9 }))!;
    expect(tokenizer.decode(text.source.read(0, text.source.length))).toBe(TEXT.slice(900));
    await expect(measured(folder, { text: '/nowhere.txt' })).rejects.toThrow(
      '--text: /nowhere.txt is not there. Expected a file',
    );
    expect(await measured(join(folder, 'text.txt'))).toBeUndefined();
  });
});
