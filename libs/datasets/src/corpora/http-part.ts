// One GET request that begins or continues a file on disk. Retries, hashes and the final
// name are download.ts's business.
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';

/** A failure after which the same request may succeed. */
export class RetryableError extends Error {
  constructor(
    message: string,
    /** How long the server asks to wait, in milliseconds. */
    readonly waitMs?: number,
  ) {
    super(message);
    this.name = 'RetryableError';
  }
}

/** What is kept beside a partial file, so that a later run knows what the bytes belong to. */
interface PartialMeta {
  url: string;
  /** Strong ETag or Last-Modified of the response the bytes came from. */
  validator?: string;
  totalBytes?: number;
}

/** The two files of a download under way: the bytes, and where they come from. */
export class PartialFile {
  constructor(readonly path: string) {}

  private get metaPath(): string {
    return `${this.path}.json`;
  }

  /** Bytes on disk. */
  async size(): Promise<number> {
    return stat(this.path).then(
      (found) => found.size,
      () => 0,
    );
  }

  async meta(): Promise<PartialMeta | undefined> {
    try {
      return JSON.parse(await readFile(this.metaPath, 'utf8')) as PartialMeta;
    } catch {
      return undefined; // absent, or cut off in writing: the bytes cannot be vouched for
    }
  }

  async writeMeta(meta: PartialMeta): Promise<void> {
    await writeFile(this.metaPath, JSON.stringify(meta));
  }

  async removeMeta(): Promise<void> {
    await rm(this.metaPath, { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.removeMeta();
  }
}

export interface PartRequest {
  url: string;
  partial: PartialFile;
  /** Size the whole file must have, where known. */
  bytes: number | undefined;
  /** Whether the content is checked afterwards, so that bytes without a validator may be continued. */
  checked: boolean;
  stallTimeoutMs: number;
  signal: AbortSignal | undefined;
  onBytes: (bytes: number, totalBytes: number | undefined) => void;
}

/**
 * Makes one request for what the partial file lacks, and appends the answer.
 *
 * Returns when the whole file is there. Throws `RetryableError` when another try may help, otherwise an error that
 * says what came instead.
 */
export async function requestPart(request: PartRequest): Promise<void> {
  const { url, partial, bytes } = request;
  let meta = await partial.meta();
  let offset = meta === undefined ? 0 : await partial.size();
  if (offset > 0 && meta?.validator === undefined && !request.checked) offset = 0;
  if (offset > 0 && meta?.totalBytes === offset && (bytes === undefined || bytes === offset)) return;
  if (bytes !== undefined && offset > bytes) offset = 0;

  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'lilformer' };
  if (offset > 0) {
    headers.range = `bytes=${offset}-`;
    if (meta?.validator !== undefined) headers['if-range'] = meta.validator;
  }

  const watchdog = new Watchdog(request.stallTimeoutMs, request.signal);
  try {
    const response = await fetch(url, { headers, signal: watchdog.signal });
    watchdog.touch();
    if (response.status === 416 && offset > 0) {
      await response.body?.cancel();
      const total = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
      if (total !== undefined && Number(total) === offset && (bytes === undefined || bytes === offset))
        return;
      await partial.remove();
      throw new RetryableError(`the server refused to continue at byte ${offset}; starting over`);
    }
    if (response.status === 206 && offset > 0) {
      const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
      const etag = strongEtag(response.headers);
      const changed =
        etag !== undefined && meta?.validator?.startsWith('"') === true && etag !== meta.validator;
      if (range === null || Number(range[1]) !== offset || changed) {
        await response.body?.cancel();
        await partial.remove();
        throw new RetryableError(
          changed
            ? 'the file changed on the server; starting over'
            : 'the server sent another range; starting over',
        );
      }
      meta = { ...meta, url, totalBytes: range[2] === '*' ? meta?.totalBytes : Number(range[2]) };
    } else if (response.status === 200) {
      // A first request, a server that does not know ranges, or a file that changed: all from the start.
      offset = 0;
      meta = { url, validator: validatorOf(response.headers), totalBytes: lengthOf(response.headers) };
    } else {
      await response.body?.cancel();
      throw statusError(response);
    }
    if (bytes !== undefined && meta.totalBytes !== undefined && meta.totalBytes !== bytes) {
      await response.body?.cancel();
      await partial.remove();
      throw new Error(
        `the server offers ${meta.totalBytes} bytes, expected ${bytes}: another file, or a login page`,
      );
    }
    await appendBody(request, response, offset, meta, watchdog);
  } catch (error) {
    request.signal?.throwIfAborted();
    if (watchdog.stalled) {
      throw new RetryableError(`no bytes for ${request.stallTimeoutMs / 1000} s`);
    }
    throw isNetworkError(error) ? new RetryableError(describe(error)) : error;
  } finally {
    watchdog.stop();
  }
}

async function appendBody(
  request: PartRequest,
  response: Response,
  offset: number,
  meta: PartialMeta,
  watchdog: Watchdog,
): Promise<void> {
  const { partial } = request;
  const total = meta.totalBytes ?? request.bytes;
  let size = offset;
  const file = await open(partial.path, offset === 0 ? 'w' : 'r+');
  try {
    await partial.writeMeta(meta);
    request.onBytes(size, total);
    if (response.body !== null) {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        watchdog.touch();
        for (let written = 0; written < chunk.length;) {
          const { bytesWritten } = await file.write(chunk, written, chunk.length - written, size + written);
          written += bytesWritten;
        }
        size += chunk.length;
        if (total !== undefined && size > total) break;
        request.onBytes(size, total);
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== undefined && size < total) {
    throw new RetryableError(`the answer ended after ${size} of ${total} bytes`);
  }
  if (total !== undefined && size > total) {
    await partial.remove();
    throw new Error(`the server sent more than the ${total} bytes expected`);
  }
}

/** Aborts a request on which nothing has come for a while. */
class Watchdog {
  stalled = false;
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.timer = setTimeout(() => {
      this.stalled = true;
      this.controller.abort();
    }, timeoutMs);
    this.signal =
      signal === undefined ? this.controller.signal : AbortSignal.any([signal, this.controller.signal]);
  }

  touch(): void {
    if (!this.stalled) this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

function statusError(response: Response): Error {
  const { status } = response;
  const message = `HTTP ${status} ${response.statusText}`.trimEnd();
  if (status < 500 && ![408, 425, 429].includes(status)) return new Error(message);
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new RetryableError(message, Number.isFinite(seconds) ? Math.min(seconds, 120) * 1000 : undefined);
}

function strongEtag(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  return etag !== null && etag.startsWith('"') ? etag : undefined;
}

function validatorOf(headers: Headers): string | undefined {
  return strongEtag(headers) ?? headers.get('last-modified') ?? undefined;
}

/** Length of the file, unless a content encoding makes Content-Length the length of something else. */
function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  if (length === null || (headers.get('content-encoding') ?? 'identity') !== 'identity') return undefined;
  return Number(length);
}

/** fetch reports a broken connection, a failed look-up and an early end as a TypeError with a cause. */
function isNetworkError(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    (typeof (error as { code?: unknown }).code === 'string' &&
      (error as { code: string }).code.startsWith('UND_ERR'))
  );
}

function describe(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error && parts.length < 4; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code;
    // A refused connection on several addresses comes as an AggregateError with an empty message.
    parts.push(at.message || code || at.name);
  }
  return parts.join(': ');
}
