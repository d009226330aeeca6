import { copyFileSync, readFileSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { CharTokenizer } from '@lilformer/tokenizers';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { encodeCached, type CacheableCorpus, type EncodeCachedOptions } from './encode-cached.js';

const folder = temporaryFolder();
const tokenizer = CharTokenizer.fromText('abc\n');
const cache = folder('cache');

/** The text of a cached corpus, and whether it was encoded just now. */
async function cached(corpus: CacheableCorpus, options: EncodeCachedOptions = {}, own = tokenizer) {
  let encoded = false;
  const file = await encodeCached(corpus, own, { cache, onProgress: () => (encoded = true), ...options });
  const text = own.decode(file.read(0, file.length));
  file.close();
  return { text, encoded };
}

describe('encodeCached', () => {
  const path = folder('a.txt');
  writeFileSync(path, 'ab<|endoftext|>ca');

  it('encodes a corpus once', async () => {
    expect(await cached({ files: [path] })).toEqual({ text: 'ab\nca', encoded: true });
    expect(await cached({ files: [path] })).toEqual({ text: 'ab\nca', encoded: false });
    expect(readdirSync(cache)).toEqual(['tokens']);
  });

  it('encodes again for a different tokenizer, option or file', async () => {
    const other = CharTokenizer.fromText('abcd\n');
    expect(await cached({ files: [path] }, {}, other)).toEqual({ text: 'ab\nca', encoded: true });
    expect(await cached({ files: [path] }, { joiner: '' })).toEqual({ text: 'abca', encoded: true });
    expect(await cached({ files: [path], maxCharacters: 3 })).toEqual({ text: 'ab\nc', encoded: true });
    const copy = folder('copy.txt');
    copyFileSync(path, copy);
    expect(await cached({ files: [copy] })).toEqual({ text: 'ab\nca', encoded: true });
  });

  it('encodes again after a change of content, also of equal size and modification time', async () => {
    const changing = folder('changing.txt');
    writeFileSync(changing, 'aab');
    utimesSync(changing, 2e9, 2e9);
    expect((await cached({ files: [changing] })).text).toBe('aab');
    writeFileSync(changing, 'ccc');
    utimesSync(changing, 2e9, 2e9);
    expect(await cached({ files: [changing] })).toEqual({ text: 'ccc', encoded: true });
    utimesSync(changing, 1e9, 1e9);
    expect(await cached({ files: [changing] })).toEqual({ text: 'ccc', encoded: false });
  });

  it('caches documents under a key', async () => {
    expect(await cached({ documents: ['a', 'b'], key: 'two letters' })).toEqual({
      text: 'a\nb',
      encoded: true,
    });
    expect(await cached({ documents: ['a', 'b'], key: 'two letters' })).toEqual({
      text: 'a\nb',
      encoded: false,
    });
    expect(await cached({ documents: ['c'], key: 'one letter' })).toEqual({ text: 'c', encoded: true });
  });

  it('replaces a damaged file', async () => {
    const own = folder('damaged');
    await cached({ files: [path] }, { cache: own });
    const [name] = readdirSync(`${own}/tokens`);
    truncateSync(`${own}/tokens/${name}`, 66);
    expect(await cached({ files: [path] }, { cache: own })).toEqual({ text: 'ab\nca', encoded: true });
    const bytes = readFileSync(`${own}/tokens/${name}`);
    bytes[64] ^= 1;
    writeFileSync(`${own}/tokens/${name}`, bytes);
    expect(await cached({ files: [path] }, { cache: own })).toEqual({ text: 'ab\nca', encoded: true });
  });

  it('names the folder, the reason and the setting when the cache cannot be written', async () => {
    writeFileSync(folder('file'), '');
    await expect(cached({ files: [path] }, { cache: folder('file') })).rejects.toThrow(
      `${folder('file/tokens')}: the cache cannot be written: a part of the path is a file. Set LILFORMER_CACHE`,
    );
    if (process.platform !== 'linux') return;
    await expect(cached({ files: [path] }, { cache: '/proc/cache' })).rejects.toThrow(
      '/proc/cache/tokens: the cache cannot be written: no folder can be created there. Set LILFORMER_CACHE',
    );
  });

  it('names a missing file', async () => {
    await expect(cached({ files: [folder('none.txt')] })).rejects.toThrow('none.txt: no such file');
  });
});
