// What the Hugging Face fixtures do not cover: kinds of corpora, progress, invalid options.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyShakespeare } from '@lilformer/testing';
import { Tokenizer as HuggingFace } from 'tokenizers';
import { afterAll, describe, expect, it } from 'vitest';
import {
  byteLevel,
  trainBpe,
  type BpeTokenizer,
  type TrainBpeOptions,
  type TrainBpeProgress,
} from '../index.js';

const folder = mkdtempSync(join(tmpdir(), 'lilformer-trainer-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const model = (tokenizer: BpeTokenizer): unknown => tokenizer.toJSON();

describe('trainBpe reads', () => {
  const text = ' It is\n\n   a cat.\n \n  It is’s a cat? 🙂🙂\nyes';
  const options: TrainBpeOptions = { vocabSize: 290, preTokenizer: 'byte-level' };

  it('strings, iterables and async iterables, each string as a sequence', async () => {
    const lines = text.split(/(?<=\n)/);
    const expected = model(await trainBpe(lines, options));
    async function* slowly(): AsyncGenerator<string> {
      for (const line of lines) yield await Promise.resolve(line);
    }
    expect(model(await trainBpe(new Set(lines), options))).toEqual(expected);
    expect(model(await trainBpe(slowly(), options))).toEqual(expected);
    expect(model(await trainBpe([text], options))).toEqual(model(await trainBpe(text, options)));
    // White space across a line break makes other words in one piece.
    expect(model(await trainBpe(text, options))).not.toEqual(expected);
  });

  it('files, line by line', async () => {
    const lines = text.split(/(?<=\n)/);
    const files = [file('a.txt', text), file('empty.txt', ''), file('b.txt', 'no line feed at the end')];
    const expected = model(await trainBpe([...lines, 'no line feed at the end'], options));
    expect(model(await trainBpe({ files }, options))).toEqual(expected);
  });

  it('files with lines longer than the read buffer', async () => {
    const words = Array.from({ length: 60_000 }, (_, i) => `né🙂${'abc'.repeat(20 + (i % 17))}w${i % 97}`);
    const long = words.join(' ');
    expect(Buffer.byteLength(long)).toBeGreaterThan(4 << 20);
    const files = [file('long.txt', long)];
    for (const preTokenizer of ['whitespace', 'byte-level', byteLevel({ addPrefixSpace: true })] as const) {
      const settings = { vocabSize: 400, preTokenizer };
      expect(model(await trainBpe({ files }, settings))).toEqual(model(await trainBpe([long], settings)));
    }
  });

  it('no invalid files, and names the position', async () => {
    const train = (...files: string[]): Promise<unknown> => trainBpe({ files }, options);
    await expect(train(join(folder, 'none.txt'))).rejects.toThrow(/ENOENT.*none\.txt/);
    await expect(train(folder)).rejects.toThrow(/is a folder\. Expected a text file/);
    const good = 'é'.repeat(1000);
    const bad = Buffer.concat([Buffer.from(good), Buffer.from([0xc3, 0x28]), Buffer.from(good)]);
    await expect(train(file('bad.txt', bad))).rejects.toThrow(/bad\.txt: not UTF-8 at byte 2000\. Convert/);
    await expect(train(file('cut.txt', Buffer.from('aé').subarray(0, 2)))).rejects.toThrow(
      /not UTF-8 at byte 1\./,
    );
    const far = Buffer.concat([Buffer.from('a line of text\n'.repeat(300_000)), Buffer.from([0xff])]);
    await expect(train(file('far.txt', far))).rejects.toThrow(/not UTF-8 at byte 4500000\./);
    await expect(trainBpe(['a', 7 as unknown as string], options)).rejects.toThrow(/corpus\[1\] is a number/);
    await expect(trainBpe(7 as unknown as string, options)).rejects.toThrow(/Expected a string, an iterable/);
  });
});

describe('trainBpe', () => {
  it('reports progress', async () => {
    const seen: TrainBpeProgress[] = [];
    const text = Array.from({ length: 500 }, (_, i) => `word${i * i}`).join(' ');
    await trainBpe(
      { files: [file('progress.txt', text)] },
      { vocabSize: 200, onProgress: (p) => seen.push(p) },
    );
    expect(seen[0]).toEqual({ phase: 'count', done: text.length, total: text.length });
    expect(seen.at(-1)).toEqual({ phase: 'merge', done: 200, total: 200 });
    const done = seen.filter(({ phase }) => phase === 'merge').map((p) => p.done);
    expect(done.length).toBeGreaterThan(1);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('has all bytes in a byte-level alphabet by default', async () => {
    const all = await trainBpe(['abc'], { vocabSize: 256, preTokenizer: 'byte-level' });
    expect(all.decode(all.encode('🙂\0'))).toBe('🙂\0');
    const seen = await trainBpe(['abc'], { vocabSize: 3, preTokenizer: 'byte-level', initialAlphabet: [] });
    expect(seen.vocabSize).toBe(3);
  });

  it('throws for invalid options', async () => {
    const refused = (options: Partial<TrainBpeOptions>): Promise<unknown> =>
      trainBpe(['text'], { vocabSize: 10, ...options });
    await expect(refused({ vocabSize: 0 })).rejects.toThrow(
      'vocabSize is 0. Expected an integer of at least 1',
    );
    await expect(refused({ vocabSize: 2.5 })).rejects.toThrow('vocabSize is 2.5');
    await expect(refused({ minFrequency: -1 })).rejects.toThrow('minFrequency is -1');
    await expect(refused({ limitAlphabet: NaN })).rejects.toThrow('limitAlphabet is NaN');
    await expect(refused({ specialTokens: [''] })).rejects.toThrow(/specialTokens: ""/);
    await expect(refused({ unkToken: '[UNK]' })).rejects.toThrow(
      /unkToken: "\[UNK\]" is not among specialTokens/,
    );
    await expect(refused({ initialAlphabet: ['ab'] })).rejects.toThrow(
      /initialAlphabet: "ab" is not a single character/,
    );
    await expect(refused({ preTokenizer: 'words' as 'none' })).rejects.toThrow(
      /preTokenizer: unknown "words"/,
    );
  });
});

describe('trainBpe on 3 MB of text', () => {
  const shakespeare = readFileSync(tinyShakespeare, 'utf8');
  const text = [
    shakespeare,
    shakespeare.toUpperCase(),
    shakespeare.replaceAll("'", '’').replaceAll('e', 'é'),
  ];
  const path = file('large.txt', text.join(''));
  const options: TrainBpeOptions = {
    vocabSize: 30_000,
    minFrequency: 0,
    preTokenizer: 'byte-level',
    initialAlphabet: [],
  };

  it('learns the merges of Hugging Face, and encodes to the same ids', async () => {
    const theirs = HuggingFace.fromString(
      JSON.stringify({
        version: '1.0',
        added_tokens: [],
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        model: { type: 'BPE', vocab: {}, merges: [] },
      }),
    );
    theirs.train([path]); // its default trainer: 30,000 tokens, minimum frequency 0, no initial alphabet
    const saved = join(folder, 'hugging-face.json');
    theirs.save(saved);
    const expected = JSON.parse(readFileSync(saved, 'utf8')) as {
      model: { vocab: Record<string, number>; merges: [string, string][] };
    };
    const ours = await trainBpe({ files: [path] }, options);
    expect(ours.config.merges.length).toBeGreaterThan(29_000);
    const joined = (merges: readonly (readonly string[])[]): string =>
      merges.map((pair) => pair.join(' ')).join('\n');
    expect(joined(ours.config.merges)).toBe(joined(expected.model.merges));
    expect(Object.fromEntries(ours.config.vocab)).toEqual(expected.model.vocab);
    for (const part of text) {
      const encoding = await theirs.encode(part);
      const ids = Buffer.from(Uint32Array.from(encoding.getIds()).buffer);
      expect(Buffer.from(ours.encode(part).slice().buffer).equals(ids)).toBe(true);
    }
  });

  it('gives the same for the file and for its lines', async () => {
    const lines = text.join('').split(/(?<=\n)/);
    const settings = { ...options, vocabSize: 1000, specialTokens: ['<|endoftext|>'] };
    expect(model(await trainBpe({ files: [path] }, settings))).toEqual(
      model(await trainBpe(lines, settings)),
    );
  });
});
