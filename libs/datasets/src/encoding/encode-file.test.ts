import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Random } from '@lilformer/random';
import { golden, goldenJson, tinyShakespeare } from '@lilformer/testing';
import { CharTokenizer, loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { describe, expect, it } from 'vitest';
import { encodeDocuments } from './encode-documents.js';
import { encodeToFile, type EncodeProgress } from './encode-file.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTokenFile } from '../tokens/token-file.js';
import type { TokenSource } from '../tokens/token-source.js';
import { slidingWindows, splitWindows } from '../windows/windows.js';

const folder = temporaryFolder();
const random = new Random('encode-corpus');
const alphabet = [...'abcdefghijklmnopqrstuvwxyz ,.!?\n“”éß字🎈'];
const tokenizer = CharTokenizer.fromText(alphabet.join(''));

function story(length: number): string {
  return (
    Array.from({ length }, () => alphabet[random.integer(alphabet.length)])
      .join('')
      .trim() || 'a'
  );
}

/** All ids of a source. */
const ids = (source: TokenSource) => source.read(0, source.length);

/** About 9 MB: enough that threads are used, one document longer than several jobs. */
const documents = [
  ...Array.from({ length: 4000 }, () => story(500)),
  story(3_500_000),
  ...Array.from({ length: 2000 }, () => story(300)),
];
const corpus = folder('corpus.txt');
writeFileSync(corpus, documents.join('\n<|endoftext|>\n'));
/** The ids, by the definition: every document, a line break between them. */
const expected = tokenizer.encode(documents.join('\n'));

/** A tokenizer with an end-of-text id, in this thread only. */
function withEos(inner: Tokenizer): Tokenizer {
  return {
    vocabSize: inner.vocabSize + 1,
    eosTokenId: inner.vocabSize,
    encode: inner.encode.bind(inner),
    decode: inner.decode.bind(inner),
    decodeStream: inner.decodeStream.bind(inner),
    tokenToId: inner.tokenToId.bind(inner),
    idToToken: inner.idToToken.bind(inner),
    safeSplitPoint: inner.safeSplitPoint.bind(inner),
    toJSON: inner.toJSON.bind(inner),
  };
}

describe('encodeToFile', () => {
  it('gives the same tokens on one thread, on several, and in memory', async () => {
    const paths = [folder('one.tokens'), folder('three.tokens')];
    const counts = [
      await encodeToFile({ files: [corpus] }, tokenizer, paths[0], { workers: 1 }),
      await encodeToFile({ files: [corpus] }, tokenizer, paths[1], { workers: 3 }),
    ];
    expect(counts).toEqual([expected.length, expected.length]);
    const files = paths.map((path) => openTokenFile(path));
    for (const source of [...files, encodeDocuments(tokenizer, documents)]) {
      expect(Buffer.compare(Buffer.from(ids(source).buffer), Buffer.from(expected.buffer))).toBe(0);
    }
    expect([files[0].dtype, files[0].vocabSize]).toEqual(['uint16', tokenizer.vocabSize]);
    expect(readFileSync(paths[0]).equals(readFileSync(paths[1]))).toBe(true);
    files.forEach((file) => file.close());
  });

  it('accepts every format, several files, and documents', async () => {
    const lines = folder('a.jsonl.gz');
    writeFileSync(lines, gzipSync(['ab', 'c\nd'].map((text) => JSON.stringify({ story: text })).join('\n')));
    const plain = folder('b.txt');
    writeFileSync(plain, 'ef<|endoftext|>gh');
    const path = folder('mixed.tokens');
    const decoded = async (input: Parameters<typeof encodeToFile>[0], options = {}) => {
      await encodeToFile(input, tokenizer, path, options);
      const file = openTokenFile(path);
      const text = tokenizer.decode(ids(file));
      file.close();
      return text;
    };
    expect(await decoded({ files: [lines, plain], field: 'story' })).toBe('ab\nc\nd\nef\ngh');
    expect(await decoded({ files: [lines], field: 'story', maxCharacters: 3 })).toBe('ab\nc');
    expect(await decoded({ documents: ['x', '', 'y'] }, { joiner: '!' })).toBe('x!y');
    const stream = (async function* () {
      yield* ['xyz', 'xyz'];
    })();
    expect(await decoded({ documents: stream, maxCharacters: 4 }, { joiner: '' })).toBe('xyzx');
  });

  it('ends each document with the end-of-text id of the tokenizer', async () => {
    const own = withEos(tokenizer);
    const eos = own.eosTokenId!;
    const [a, b] = tokenizer.encode('ab');
    const path = folder('eos.tokens');
    await encodeToFile({ documents: ['a', 'b'] }, own, path);
    const file = openTokenFile(path);
    expect([...ids(file)]).toEqual([a, eos, b, eos]);
    file.close();
    expect([...ids(encodeDocuments(own, ['a', 'b']))]).toEqual([a, eos, b, eos]);
  });

  it('reports bytes, tokens and completion', async () => {
    const seen: EncodeProgress[] = [];
    const size = readFileSync(corpus).length;
    await encodeToFile({ files: [corpus] }, tokenizer, folder('p.tokens'), {
      workers: 1,
      onProgress: (p) => seen.push(p),
    });
    expect(seen.at(-1)).toMatchObject({
      bytes: size,
      totalBytes: size,
      tokens: expected.length,
      etaSeconds: 0,
    });
    expect(seen.map(({ tokens }) => tokens)).toEqual(seen.map(({ tokens }) => tokens).sort((x, y) => x - y));
  });

  it('names the position of a failure and keeps the existing file', async () => {
    const path = folder('kept.tokens');
    writeFileSync(path, 'before');
    const bad = folder('bad.txt');
    writeFileSync(bad, `${documents.slice(0, 4001).join('<|endoftext|>')}<|endoftext|>Ω<|endoftext|>b`);
    for (const workers of [1, 2]) {
      const failure = encodeToFile({ files: [bad] }, tokenizer, path, { workers });
      await expect(failure).rejects.toThrow(/bad\.txt: document 4002: .*Ω/);
    }
    const narrow = CharTokenizer.fromText('ab');
    await expect(encodeToFile({ documents: ['a', 'b'] }, narrow, path)).rejects.toThrow(
      'the joiner "\\n" before document 2',
    );
    await expect(encodeToFile({ documents: [''] }, tokenizer, path)).rejects.toThrow(
      'the corpus gives no tokens',
    );
    await expect(encodeToFile({ files: [folder('none')] }, tokenizer, path)).rejects.toThrow('no such file');
    await expect(encodeToFile({ files: [corpus] }, tokenizer, path, { workers: 0 })).rejects.toThrow(
      'workers 0: expected',
    );
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(folder()).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('rejects with the reason when aborted, and leaves no files', async () => {
    mkdirSync(folder('aborted'));
    for (const workers of [1, 2]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const endless = (function* () {
        for (let i = 0; ; i++) {
          if (i === 20_000) controller.abort(reason);
          yield documents[0];
        }
      })();
      const path = folder('aborted', 'x.tokens');
      const running = encodeToFile({ documents: endless }, tokenizer, path, {
        workers,
        signal: controller.signal,
      });
      await expect(running).rejects.toBe(reason);
      expect(readdirSync(folder('aborted'))).toEqual([]);
    }
  });

  it('removes abandoned temporary files, but no active ones', async () => {
    const own = folder('swept');
    mkdirSync(own);
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    const active = `x.tokens.${host}-${process.pid}-0123456789ab.partial`;
    const elsewhere = 'x.tokens.00000000-1-0123456789ab.partial';
    writeFileSync(join(own, active), '');
    writeFileSync(join(own, elsewhere), '');
    // Of a killed process, also of another corpus, and of another machine long ago.
    writeFileSync(join(own, `y.tokens.${host}-${dead}-0123456789ab.partial`), '');
    writeFileSync(join(own, 'x.tokens.00000000-2-0123456789ab.partial'), '');
    utimesSync(join(own, 'x.tokens.00000000-2-0123456789ab.partial'), 1e9, 1e9);
    await encodeToFile({ documents: ['a'] }, tokenizer, `${own}/x.tokens`);
    expect(readdirSync(own).sort()).toEqual(['x.tokens', active, elsewhere].sort());
  });

  it('uses constant memory', async () => {
    // 60 MB through two threads, in a process of its own.
    const path = folder('large.txt');
    const out = createWriteStream(path);
    const block = Buffer.from(documents.slice(0, 2000).join('\n<|endoftext|>\n') + '\n<|endoftext|>\n');
    for (let written = 0; written < 6e7; written += block.length)
      if (!out.write(block)) await once(out, 'drain');
    out.end();
    await once(out, 'close');
    const program = `
      const { encodeToFile } = await import(${JSON.stringify(new URL('./encode-file.ts', import.meta.url).href)});
      const { CharTokenizer } = await import('@lilformer/tokenizers');
      const tokenizer = CharTokenizer.fromText(${JSON.stringify(alphabet.join(''))});
      const count = await encodeToFile({ files: [${JSON.stringify(path)}] }, tokenizer, ${JSON.stringify(folder('large.tokens'))}, { workers: 2 });
      console.log(count, process.resourceUsage().maxRSS / 1024);`;
    const flags = ['--import', 'tsx', '--conditions=@lilformer/source', '--input-type=module', '-e', program];
    const child = spawn(process.execPath, flags, {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    await once(child, 'close');
    const [count, megabytes] = output.trim().split(' ').map(Number);
    expect(count).toBeGreaterThan(3e7);
    expect(megabytes).toBeLessThan(500);
  });
});

describe('Tiny Shakespeare with a vocabulary of 500', () => {
  interface Config {
    tokens_in_corpus: number;
    corpus_ids_sha256: string;
    trained_on: { characters_from: number; characters_to: number };
  }

  it('has the tokens and windows of the published experiment', async () => {
    const config = goldenJson<Config>('tokenizers/whitespace_bpe/config.json');
    const bpe = await loadTokenizer(golden('tokenizers/whitespace_bpe/tokenizer.json'));
    const { characters_from: from, characters_to: to } = config.trained_on;
    const text = folder('shakespeare.txt');
    writeFileSync(text, readFileSync(tinyShakespeare).subarray(from, to)); // ASCII
    const path = folder('shakespeare.tokens');
    const count = await encodeToFile({ files: [text] }, bpe, path, { workers: 2 });
    expect(count).toBe(config.tokens_in_corpus);
    const file = openTokenFile(path);
    const stored = file.dtype === 'uint16' ? Uint16Array.from(ids(file)) : ids(file);
    const hashes = [stored, ids(file)].map((array) =>
      createHash('sha256').update(new Uint8Array(array.buffer)).digest('hex'),
    );
    expect(hashes).toContain(config.corpus_ids_sha256);
    const counts = (length: number) =>
      splitWindows(slidingWindows(file, length), 0.8).map((part) => part.count);
    expect([counts(64), counts(128)]).toEqual([
      [358_122, 89_531],
      [358_071, 89_518],
    ]);
    file.close();
  });
});

describe('Tiny Shakespeare, one document per speech', () => {
  // Three times, the speeches numbered: 3.5 MB, more than one job of the encoder.
  const speeches = readFileSync(tinyShakespeare, 'utf8')
    .trim()
    .split(/\n{2,}/);
  const text = folder('speeches.txt');
  writeFileSync(
    text,
    [1, 2, 3]
      .flatMap((copy) => speeches.map((speech, i) => `${copy}.${i} ${speech}`))
      .join('\n<|endoftext|>\n'),
  );

  it.each(['<|endoftext|>', ''])('is the same on one thread and on two, separator %j', async (separator) => {
    const bpe = await loadTokenizer(golden('tokenizers/byte_level_bpe/tokenizer.json'));
    expect(bpe.eosTokenId).toBe(0);
    const paths = [folder('speeches-1.tokens'), folder('speeches-2.tokens')];
    await encodeToFile({ files: [text], separator }, bpe, paths[0], { workers: 1 });
    await encodeToFile({ files: [text, text], separator }, bpe, paths[1], { workers: 2 });
    const [one, two] = paths.map((path) => openTokenFile(path));
    const documents = readFileSync(text, 'utf8').split(separator === '' ? /(?!)/ : '\n<|endoftext|>\n');
    const expected = documents.flatMap((document) => [
      ...bpe.encode(document, { splitSpecialTokens: true }),
      0,
    ]);
    expect([one.length, two.length]).toEqual([expected.length, 2 * expected.length]);
    const bytes = Buffer.from(Uint32Array.from(expected).buffer);
    for (const part of [ids(one), two.read(0, one.length), two.read(one.length, one.length)]) {
      expect(Buffer.from(part.buffer).equals(bytes)).toBe(true);
    }
    one.close();
    two.close();
  });
});
