// One GET request that starts or resumes a file on disk.
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';

/** A failure after which a retry may succeed. */
export class RetryableError extends Error {
  constructor(
    message: string,
    /** Delay requested by the server, in milliseconds. */
    readonly waitMs?: number,
  ) {
    super(message);
    this.name = 'RetryableError';
  }
}

/** Metadata beside a partial file, with which a later run checks what the bytes belong to. */
interface PartialMeta {
  url: string;
  /** Strong ETag or Last-Modified of the response. */
  validator?: string;
  totalBytes?: number;
}

/** The two files of a running download: bytes and metadata. */
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
      return undefined; // absent or incomplete: the bytes cannot be used
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
  /** Expected size of the whole file, if known. */
  bytes: number | undefined;
  /** Whether the content is verified afterwards, so that bytes without a validator may be resumed. */
  checked: boolean;
  stallTimeoutMs: number;
  signal: AbortSignal | undefined;
  onBytes: (bytes: number, totalBytes: number | undefined) => void;
}

/**
 * Requests the missing bytes of a partial file and appends them. Returns when the file is complete.
 * @throws RetryableError when a retry may succeed
 * @throws Error describing the response otherwise
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
      // A first request, a server without range support, or a changed file: restart.
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

/** Aborts a request that receives no bytes for a while. */
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

/** Length of the file, unless a content encoding changes the meaning of Content-Length. */
function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  if (length === null || (headers.get('content-encoding') ?? 'identity') !== 'identity') return undefined;
  return Number(length);
}

/** fetch reports connection failures, failed lookups and truncated responses as a TypeError with a cause. */
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
    // A connection refused by several addresses is an AggregateError with an empty message.
    parts.push(at.message || code || at.name);
  }
  return parts.join(': ');
}
