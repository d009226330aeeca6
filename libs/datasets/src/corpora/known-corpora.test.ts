import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { tinyShakespeare } from '@lilformer/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder } from '../cache-folder.js';
import { CORPORA, corpusPath } from './known-corpora.js';
import { serve, status, whole } from '../testing/file-server.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const folder = temporaryFolder();
const fast = { retries: 0, retryDelayMs: 1, stallTimeoutMs: 2000 };

describe('the cache folder', () => {
  it('follows the conventions of each system', () => {
    expect(cacheFolder({}, 'linux', '/home/ada')).toBe('/home/ada/.cache/lilformer');
    expect(cacheFolder({ XDG_CACHE_HOME: '/big' }, 'linux', '/home/ada')).toBe('/big/lilformer');
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/ada')).toBe(
      '/home/ada/.cache/lilformer',
    );
    expect(cacheFolder({}, 'darwin', '/Users/ada')).toBe('/Users/ada/Library/Caches/lilformer');
    expect(cacheFolder({ LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local' }, 'win32', 'C:\\Users\\ada')).toBe(
      'C:\\Users\\ada\\AppData\\Local\\lilformer\\Cache',
    );
    expect(cacheFolder({}, 'win32', 'C:\\Users\\ada')).toBe(
      'C:\\Users\\ada\\AppData\\Local\\lilformer\\Cache',
    );
  });

  it('is set by LILFORMER_CACHE', () => {
    for (const platform of ['linux', 'darwin', 'win32']) {
      expect(
        cacheFolder({ LILFORMER_CACHE: '/elsewhere', XDG_CACHE_HOME: '/big' }, platform, '/home/ada'),
      ).toBe('/elsewhere');
    }
  });
});

describe('corpusPath', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('lists the known names for an unknown one', async () => {
    await expect(corpusPath('tinystory' as 'tiny-shakespeare')).rejects.toThrow(
      /unknown corpus "tinystory".*tiny-shakespeare, tinystories-train/,
    );
  });

  it('reports what was tried and the alternatives when a download fails', async () => {
    const server = await serve(status(503));
    const endpoint = server.url.replace('/file.txt', '');
    const failure = corpusPath('tiny-shakespeare', { ...fast, endpoint, cache: folder('offline') });
    await expect(failure).rejects.toThrow(`Tried ${endpoint}/karpathy/char-rnn/`);
    await expect(failure).rejects.toThrow('HTTP 503');
    await expect(failure).rejects.toThrow('use a file of your own (option data)');
    await expect(failure).rejects.toThrow(folder('offline', 'corpora', 'tiny-shakespeare.txt'));
  });

  it('uses HF_ENDPOINT for corpora of the Hub only', async () => {
    const server = await serve(status(404));
    vi.stubEnv('HF_ENDPOINT', server.url.replace('/file.txt', '/'));
    for (const name of Object.keys(CORPORA) as (keyof typeof CORPORA)[]) {
      if (!name.startsWith('tinystories')) continue;
      await expect(corpusPath(name, { ...fast, cache: folder('hub') })).rejects.toThrow('HTTP 404');
    }
    expect(server.requests.map((request) => request.url)).toEqual(
      ['TinyStories-train', 'TinyStories-valid', 'TinyStoriesV2-GPT4-train', 'TinyStoriesV2-GPT4-valid'].map(
        (file) =>
          `/datasets/roneneldan/TinyStories/resolve/f54c09fd23315a6f9c86f9dc80f725de7d8f9c64/${file}.txt`,
      ),
    );
  });

  it('rejects an invalid endpoint', async () => {
    vi.stubEnv('HF_ENDPOINT', 'my-mirror');
    await expect(corpusPath('tinystories-valid', { cache: folder('none') })).rejects.toThrow(
      'HF_ENDPOINT "my-mirror": expected an address',
    );
  });

  it('rejects wrong content', async () => {
    const { bytes } = CORPORA['tiny-shakespeare'];
    const server = await serve(whole(Buffer.alloc(bytes, 'x')));
    const endpoint = server.url.replace('/file.txt', '');
    await expect(
      corpusPath('tiny-shakespeare', { ...fast, endpoint, cache: folder('wrong') }),
    ).rejects.toThrow(/SHA-256/);
    expect(existsSync(folder('wrong', 'corpora', 'tiny-shakespeare.txt'))).toBe(false);
  });
});

describe('Tiny Shakespeare', () => {
  it('is downloaded, verified and cached', async () => {
    const text = readFileSync(tinyShakespeare);
    const server = await serve(whole(text));
    const options = { ...fast, endpoint: server.url.replace('/file.txt', ''), cache: folder('cache') };
    const path = await corpusPath('tiny-shakespeare', options);
    expect(path).toBe(folder('cache', 'corpora', 'tiny-shakespeare.txt'));
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(
      CORPORA['tiny-shakespeare'].sha256,
    );
    expect(await corpusPath('tiny-shakespeare', options)).toBe(path);
    expect(server.requests).toHaveLength(1);
  });
});
