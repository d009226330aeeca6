// A local server that imitates the Hugging Face Hub: file lists, range requests, a redirect for large files, and failures on
// request.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export class FakeHub {
  /** Contents by path. Weights are large files behind a redirect. */
  readonly files = new Map<string, Buffer>();
  /** Requests so far: `GET /gpt2/resolve/…/config.json bytes=0-0`. */
  readonly asked: string[] = [];
  readonly tokens = new Set<string | undefined>();
  commit = 'c'.repeat(40);
  /** Status of every response. */
  status: number | undefined;
  /** Number of bytes after which each of the next downloads of a file is cut off. */
  readonly cuts = new Map<string, number[]>();
  /** Corrupted contents of the same size, by path. */
  readonly forged = new Map<string, Buffer>();
  /** Pause in ms before each MB of a download. */
  pause = 0;
  /** Changes the list of files. */
  listed: (list: unknown[]) => unknown = (list) => list;
  /** Whether range requests get the whole file. */
  ignoresRanges = false;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(readonly model: string) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url!, 'http://hub').pathname);
    this.asked.push([path, request.headers.range].join(' ').trim());
    this.tokens.add(request.headers.authorization);
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (this.status !== undefined) return json(this.status, { error: 'so it is' });
    const api = `/api/models/${this.model}`;
    if (path === `${api}/revision/main` || path === `${api}/revision/${this.commit}`) {
      return json(200, { _id: '1', id: this.model, sha: this.commit, lastModified: '2026-01-01T00:00:00Z' });
    }
    if (path === `${api}/tree/${this.commit}`) return json(200, this.listed(this.#list()));
    const file = new RegExp(`^/(?:${this.model}/resolve/${this.commit}|large)/(.*)$`).exec(path)?.[1];
    if (file === undefined || !this.files.has(file)) return json(404, { error: 'Repository not found' });
    if (isLarge(file) && !path.startsWith('/large/')) {
      response.writeHead(302, { location: `/large/${file}` }).end();
      return;
    }
    this.#give(file, request, response);
  }

  #give(file: string, request: IncomingMessage, response: ServerResponse): void {
    const whole = this.forged.get(file) ?? this.files.get(file)!;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const etag = `"${sumOf(file, this.files.get(file)!)}"`;
    const honoured = range && !this.ignoresRanges;
    const [from, to] = honoured
      ? [Number(range[1]), Math.min(Number(range[2]) + 1, whole.length)]
      : [0, whole.length];
    const part = whole.subarray(from, to);
    response.writeHead(honoured ? 206 : 200, {
      etag,
      'content-length': part.length,
      ...(honoured && { 'content-range': `bytes ${from}-${to - 1}/${whole.length}` }),
    });
    const asksForSize = request.headers.range === 'bytes=0-0';
    const cut = asksForSize ? undefined : this.cuts.get(file)?.shift();
    if (cut === undefined) void this.#send(part, response);
    else response.write(part.subarray(0, cut), () => void setTimeout(20).then(() => response.destroy()));
  }

  async #send(part: Buffer, response: ServerResponse): Promise<void> {
    if (this.pause === 0) return void response.end(part);
    for (let at = 0; at < part.length && !response.destroyed; at += 1e6) {
      await setTimeout(this.pause);
      response.write(part.subarray(at, at + 1e6));
    }
    response.end();
  }

  #list(): unknown[] {
    return [...this.files].map(([path, bytes]) => {
      const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      const lfs = isLarge(path) && { lfs: { oid: sumOf(path, bytes), size: bytes.length, pointerSize: 130 } };
      return { type: 'file', path, size: bytes.length, oid: git, ...lfs };
    });
  }
}

function isLarge(path: string): boolean {
  return /\.(safetensors|bin|h5)$/.test(path);
}

function sumOf(path: string, bytes: Buffer): string {
  const hash = createHash(isLarge(path) ? 'sha256' : 'sha1');
  if (!isLarge(path)) hash.update(`blob ${bytes.length}\0`);
  return hash.update(bytes).digest('hex');
}
