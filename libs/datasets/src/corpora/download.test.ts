import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { gzipSync } from 'node:zlib';
import { Random } from '@lilformer/random';
import { describe, expect, it } from 'vitest';
import { download, DownloadError, type DownloadOptions } from './download.js';
import { cut, serve, status, whole, type Answer } from '../testing/file-server.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const random = new Random('download');
const content = Buffer.from(Uint32Array.from({ length: 75_000 }, () => random.uint32()).buffer);
const other = Buffer.from(content).reverse();
const sha256 = createHash('sha256').update(content).digest('hex');
const expected: DownloadOptions = { bytes: content.length, sha256, retryDelayMs: 1, stallTimeoutMs: 5000 };

const folder = temporaryFolder();
let count = 0;
function target(): { folder: string; path: string } {
  const own = folder(String(count++));
  mkdirSync(own);
  return { folder: own, path: `${own}/file.txt` };
}

describe('a download', () => {
  it('is complete, reports progress, and leaves no other files', async () => {
    const server = await serve(whole(content));
    const { folder, path } = target();
    const seen: number[] = [];
    await download(server.url, path, {
      ...expected,
      onProgress: ({ bytes, totalBytes }) => {
        expect(totalBytes).toBe(content.length);
        seen.push(bytes);
      },
    });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['file.txt']);
    expect(seen[0]).toBe(0); // before the first byte
    expect(seen.at(-1)).toBe(content.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('is skipped when the file exists', async () => {
    const server = await serve(whole(content));
    const { path } = target();
    await download(server.url, path, expected);
    await download(server.url, path, expected);
    expect(server.requests).toHaveLength(1);
  });

  it('follows redirects', async () => {
    const real = await serve(whole(content));
    const server = await serve(status(302, { location: real.url }));
    const { path } = target();
    await download(server.url, path, expected);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('accepts a response of unknown length, and one with an unrequested content encoding', async () => {
    const chunked: Answer = (_request, response) => {
      response.write(content.subarray(0, 1000));
      response.end(content.subarray(1000));
    };
    const zipped = gzipSync(content);
    const compressed: Answer = (request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length });
      response.end(zipped);
    };
    for (const answer of [chunked, compressed]) {
      const server = await serve(answer);
      const { path } = target();
      await download(server.url, path, expected);
      expect(readFileSync(path).equals(content)).toBe(true);
    }
  });
});

describe('an interrupted download', () => {
  it('resumes at its position, for the same file only', async () => {
    const server = await serve(cut(content, 100_000), whole(content));
    const { path } = target();
    await download(server.url, path, expected);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests).toHaveLength(2);
    const { range, 'if-range': ifRange } = server.requests[1].headers;
    expect(Number(/^bytes=(\d+)-$/.exec(range!)![1])).toBeGreaterThan(0);
    expect(ifRange).toBe('"one"');
  });

  it('resumes in a later call', async () => {
    const server = await serve(cut(content, 100_000), status(404), whole(content));
    const { path } = target();
    await expect(download(server.url, path, expected)).rejects.toThrow('HTTP 404');
    expect(existsSync(path)).toBe(false);
    await download(server.url, path, expected);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests[2].headers.range).toMatch(/^bytes=[1-9]/);
  });

  it('restarts when the server does not support ranges', async () => {
    const server = await serve(cut(content, 100_000), (_request, response) => response.end(content));
    const { path } = target();
    await download(server.url, path, expected);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('restarts when the file has changed', async () => {
    const server = await serve(cut(other, 100_000, { etag: '"old"' }), whole(content, '"new"'));
    const { path } = target();
    await download(server.url, path, { ...expected, sha256: undefined });
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('restarts when the file has changed and the server ignores If-Range', async () => {
    const naive: Answer = (request, response) => {
      delete request.headers['if-range'];
      whole(content, '"new"')(request, response);
    };
    const server = await serve(cut(other, 100_000, { etag: '"old"' }), naive);
    const { path } = target();
    await download(server.url, path, { ...expected, sha256: undefined });
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('restarts when the resumed content is wrong', async () => {
    const { path } = target();
    writeFileSync(`${path}.partial`, other.subarray(0, 5000));
    writeFileSync(`${path}.partial.json`, JSON.stringify({ url: 'x', validator: '"one"' }));
    const server = await serve(whole(content));
    await download(server.url, path, expected);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests.map((request) => request.headers.range)).toEqual(['bytes=5000-', undefined]);
  });

  it('discards bytes without metadata', async () => {
    const { path } = target();
    writeFileSync(`${path}.partial`, other.subarray(0, 5000));
    const server = await serve(whole(content));
    await download(server.url, path, expected);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0].headers.range).toBeUndefined();
  });

  it('handles status 416 for complete and for outdated files', async () => {
    for (const held of [content, other.subarray(0, content.length - 1)]) {
      const { path } = target();
      writeFileSync(`${path}.partial`, held);
      writeFileSync(`${path}.partial.json`, JSON.stringify({ url: 'x', validator: '"one"' }));
      const refuses = status(416, { 'content-range': `bytes */${held.length}` });
      const server = await serve(refuses, whole(content));
      await download(server.url, path, { retryDelayMs: 1 });
      // The server vouches for the length of what is there: with no hash asked for, that is complete.
      expect(readFileSync(path).equals(held)).toBe(true);
    }
    const { path } = target();
    writeFileSync(`${path}.partial`, Buffer.concat([content, content]));
    writeFileSync(`${path}.partial.json`, JSON.stringify({ url: 'x', validator: '"one"' }));
    const server = await serve(whole(content));
    await download(server.url, path, { retryDelayMs: 1 });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('fails after several attempts without progress, with the cause', async () => {
    const server = await serve(cut(content, 0));
    const { path } = target();
    const failure = download(server.url, path, { ...expected, retries: 2 });
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(/file\.txt: .*\(3 tries\)$/);
    expect(server.requests).toHaveLength(3);
  });
});

describe('a slow or failing server', () => {
  it('is retried after a stall', async () => {
    const server = await serve(cut(content, 100_000, { stall: true }), whole(content));
    const { path } = target();
    await download(server.url, path, { ...expected, stallTimeoutMs: 300 });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('causes a failure when it never responds', async () => {
    const server = await serve(() => undefined);
    const { path } = target();
    await expect(
      download(server.url, path, { ...expected, stallTimeoutMs: 100, retries: 1 }),
    ).rejects.toThrow('no bytes for 0.1 s (2 tries)');
  });

  it('is retried after status 500 and 429, not after 404', async () => {
    const server = await serve(status(500), status(429, { 'retry-after': '0' }), whole(content));
    const { path } = target();
    await download(server.url, path, expected);
    expect(server.requests).toHaveLength(3);

    const missing = await serve(status(404));
    await expect(download(missing.url, target().path, expected)).rejects.toThrow(
      `${missing.url}: HTTP 404 Not Found`,
    );
    expect(missing.requests).toHaveLength(1);
  });

  it('causes an error with the reason when unreachable', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const failure = download(`http://127.0.0.1:${port}/x`, target().path, { retries: 1, retryDelayMs: 1 });
    await expect(failure).rejects.toThrow(/ECONNREFUSED.*\(2 tries\)/);
  });
});

describe('wrong content', () => {
  it('of the expected size is detected by its SHA-256 and not renamed', async () => {
    const server = await serve(whole(other));
    const { folder, path } = target();
    const otherSha = createHash('sha256').update(other).digest('hex');
    await expect(download(server.url, path, expected)).rejects.toThrow(new RegExp(`${otherSha}.*${sha256}`));
    expect(readdirSync(folder)).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('of another size is rejected before the transfer', async () => {
    const server = await serve(whole(Buffer.from('<html>please log in</html>')));
    const { folder, path } = target();
    await expect(download(server.url, path, expected)).rejects.toThrow('offers 26 bytes, expected 300000');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another size is detected when the server sends no size', async () => {
    for (const wrong of [content.subarray(0, 1000), Buffer.concat([content, other])]) {
      const server = await serve((_request, response) => {
        response.write(wrong.subarray(0, 500));
        response.end(wrong.subarray(500));
      });
      const { path } = target();
      await expect(download(server.url, path, { ...expected, retries: 1 })).rejects.toThrow(DownloadError);
      expect(existsSync(path)).toBe(false);
    }
  });

  it('keeps an existing valid file', async () => {
    const { path } = target();
    writeFileSync(path, 'mine');
    const server = await serve(whole(other));
    await expect(download(server.url, path, expected)).rejects.toThrow('SHA-256');
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

describe('an aborted download', () => {
  it('rejects with the reason, keeps the received bytes, and resumes later', async () => {
    const server = await serve(cut(content, 100_000, { stall: true }), whole(content));
    const { folder, path } = target();
    const controller = new AbortController();
    const reason = new Error('the user pressed ^C');
    const running = download(server.url, path, {
      ...expected,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 300);
    await expect(running).rejects.toBe(reason);
    expect(readdirSync(folder).sort()).toEqual(['file.txt.partial', 'file.txt.partial.json']);
    await download(server.url, path, expected);
    expect(server.requests[1].headers.range).toMatch(/^bytes=[1-9]/);
    expect(readFileSync(path).equals(content)).toBe(true);
  });
});

describe('an aborted wait', () => {
  it('for a retry or another process rejects with the reason', async () => {
    const server = await serve(status(500));
    const reason = new Error('enough');
    const aborted = () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 100);
      return controller.signal;
    };
    const waiting = download(server.url, target().path, { retryDelayMs: 60_000, signal: aborted() });
    await expect(waiting).rejects.toBe(reason);
    const { path } = target();
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: process.pid, host: hostname(), id: 'x' }));
    await expect(download(server.url, path, { signal: aborted() })).rejects.toBe(reason);
    expect(existsSync(`${path}.lock`)).toBe(true);
  });
});

describe('concurrent downloads', () => {
  it('in one process share a transfer', async () => {
    const server = await serve(whole(content));
    const { path } = target();
    await Promise.all([download(server.url, path, expected), download(server.url, path, expected)]);
    expect(server.requests).toHaveLength(1);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('in two processes do not interfere', async () => {
    const slowly: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 50_000));
      setTimeout(() => response.end(content.subarray(50_000)), 1500);
    };
    const server = await serve(slowly);
    const { folder, path } = target();
    const module = new URL('./download.ts', import.meta.url).href;
    const program = `const { download } = await import(${JSON.stringify(module)});
      await download(${JSON.stringify(server.url)}, ${JSON.stringify(path)}, ${JSON.stringify(expected)});`;
    const run = () =>
      new Promise<number | null>((resolve) => {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--conditions=@lilformer/source', '--input-type=module', '-e', program],
          { stdio: ['ignore', 'inherit', 'inherit'] },
        );
        child.on('exit', resolve);
      });
    expect(await Promise.all([run(), run()])).toEqual([0, 0]);
    expect(server.requests).toHaveLength(1);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['file.txt']);
  });

  it('take over the lock of a dead process', async () => {
    const gone = await new Promise<number>((resolve) => {
      const child = spawn(process.execPath, ['-e', '']);
      child.on('exit', () => resolve(child.pid!));
    });
    const server = await serve(whole(content));
    const { folder, path } = target();
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: gone, host: hostname(), id: 'x' }));
    await download(server.url, path, expected);
    expect(readdirSync(folder)).toEqual(['file.txt']);
  });
});
