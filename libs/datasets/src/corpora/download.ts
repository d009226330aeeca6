// A file from the web onto the disk: resumed, retried, verified, and never half-written under
// its final name. Which files there are is corpora.ts's business.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withFileLock } from './file-lock.js';
import { PartialFile, requestPart, RetryableError } from './http-part.js';
import { ProgressMeter, type Progress } from '../progress.js';

/** How to download, and what to expect. */
export interface DownloadOptions {
  /** Size in bytes that the file must have. */
  bytes?: number;
  /** SHA-256, in hexadecimal, that the file must have. */
  sha256?: string;
  /** Called at most ten times a second, and at the end. */
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** Further tries after one that brought nothing. Default 5. */
  retries?: number;
  /** Wait before the second try, in milliseconds; doubles with each further one up to 30 s. Default 500. */
  retryDelayMs?: number;
  /** A request that brings no bytes for this long is given up and tried again. Default 30,000 ms. */
  stallTimeoutMs?: number;
}

/** Bytes after which a try counts as having brought something, so that a long download on a bad line is not given up. */
const PROGRESS_BYTES = 1 << 20;

/** A download that failed for good: says the address, the number of tries and the cause. */
export class DownloadError extends Error {
  constructor(
    readonly url: string,
    readonly tries: number,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${url}: ${reason}${tries > 1 ? ` (${tries} tries)` : ''}`, { cause });
    this.name = 'DownloadError';
  }
}

/**
 * Downloads `url` to `path`, unless `path` is there already (with the expected size, where one is given).
 *
 * While it runs, the bytes are in `path.partial`; a download that was cut continues there, also in another process.
 * `path` itself appears by a rename, after size and SHA-256 are right. Of two processes one downloads, the other waits.
 *
 * @throws DownloadError when the server cannot be reached, answers with an error, or sends other content
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  if (await isThere(path, options.bytes)) return;
  await mkdir(dirname(path), { recursive: true });
  try {
    await withFileLock(`${path}.lock`, options.signal, async () => {
      if (await isThere(path, options.bytes)) return;
      await downloadLocked(url, path, options);
    });
  } catch (error) {
    options.signal?.throwIfAborted(); // the reason, not an AbortError of whatever was under way
    throw error;
  }
}

async function downloadLocked(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { bytes, sha256, signal, retries = 5, retryDelayMs = 500, stallTimeoutMs = 30_000 } = options;
  const partial = new PartialFile(`${path}.partial`);
  let meter: ProgressMeter | undefined;
  let failures = 0;
  let tries = 0;
  let restarted = false;
  for (;;) {
    const before = await partial.size();
    tries++;
    try {
      await requestPart({
        url,
        partial,
        bytes,
        checked: sha256 !== undefined,
        stallTimeoutMs,
        signal,
        onBytes: (done, total) => {
          meter ??= new ProgressMeter(done);
          const progress = meter.update(done, total, done === total);
          if (progress !== undefined) options.onProgress?.(progress);
        },
      });
      await verify(partial.path, bytes, sha256, signal);
      break;
    } catch (error) {
      if (signal?.aborted) throw error;
      if (error instanceof WrongContentError) {
        // Bytes of an earlier run may be the cause: once more, from the start.
        await partial.remove();
        if (before === 0 || restarted) throw new DownloadError(url, tries, error);
        restarted = true;
        continue;
      }
      if (!(error instanceof RetryableError)) throw new DownloadError(url, tries, error);
      failures = (await partial.size()) - before >= PROGRESS_BYTES ? 0 : failures + 1;
      if (failures > retries) throw new DownloadError(url, tries, error);
      const backOff =
        Math.min(retryDelayMs * 2 ** Math.max(0, failures - 1), 30_000) * (0.75 + Math.random() / 2);
      await sleep(error.waitMs ?? backOff, undefined, { signal });
    }
  }
  await rename(partial.path, path);
  await partial.removeMeta();
  await syncFolder(dirname(path));
}

class WrongContentError extends Error {}

async function verify(
  path: string,
  bytes: number | undefined,
  sha256: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { size } = await stat(path);
  if (bytes !== undefined && size !== bytes) {
    throw new WrongContentError(`${size} bytes came, expected ${bytes}`);
  }
  if (sha256 === undefined) return;
  const found = await fileSha256(path, signal);
  if (found !== sha256.toLowerCase()) {
    throw new WrongContentError(
      `the content is not the one expected: its SHA-256 is ${found}, expected ${sha256}`,
    );
  }
}

/** SHA-256 of a file, in hexadecimal. Read from the disk, so that what was written is what is checked. */
async function fileSha256(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function isThere(path: string, bytes: number | undefined): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && (bytes === undefined || found.size === bytes),
    () => false,
  );
}

/** Makes a rename durable; a system that cannot (Windows) does without. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // not every file system allows it
  }
}
