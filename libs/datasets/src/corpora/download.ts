// Downloads a file: resumes, retries, verifies, and renames it when it is complete.
import { open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCacheFolder } from '../cache-folder.js';
import { fileSha256 } from '../file-hash.js';
import { withFileLock } from './file-lock.js';
import { PartialFile, requestPart, RetryableError } from './http-part.js';
import { ProgressMeter, type Progress } from '../progress.js';

export interface DownloadOptions {
  /** Expected size in bytes. */
  bytes?: number;
  /** Expected SHA-256 in hexadecimal. */
  sha256?: string;
  /** Called before the first byte when `bytes` is given, at most ten times a second, and at the end. */
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** Retries after an attempt without progress. Default 5. */
  retries?: number;
  /** Delay before the first retry, in milliseconds; doubles with each further retry, up to 30 s. Default 500. */
  retryDelayMs?: number;
  /** Time without bytes after which a request is retried. Default 30,000 ms. */
  stallTimeoutMs?: number;
}

/** Bytes that count as progress, so that a long download over an unreliable connection is not abandoned. */
const PROGRESS_BYTES = 1 << 20;

/** A failed download, with its URL, the number of attempts and the cause. */
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
 * Downloads `url` to `path` unless `path` exists (with the expected size, if given).
 *
 * The bytes are written to `path.partial`, where an interrupted download resumes, also in another process. The file
 * is renamed to `path` after size and SHA-256 are verified. Of two processes, one downloads and the other waits.
 *
 * @throws DownloadError when the server cannot be reached, answers with an error, or sends other content
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  if (await isThere(path, options.bytes)) return;
  await createCacheFolder(dirname(path));
  try {
    await withFileLock(`${path}.lock`, options.signal, async () => {
      if (await isThere(path, options.bytes)) return;
      await downloadLocked(url, path, options);
    });
  } catch (error) {
    options.signal?.throwIfAborted(); // the reason of the signal instead of an AbortError
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
  if (bytes !== undefined) {
    options.onProgress?.({ bytes: await partial.size(), totalBytes: bytes, bytesPerSecond: 0 });
  }
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
        // Bytes of an earlier run may be the cause: restart once.
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

async function isThere(path: string, bytes: number | undefined): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && (bytes === undefined || found.size === bytes),
    () => false,
  );
}

/** Makes a rename durable where the system supports it (not on Windows). */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // not supported by every file system
  }
}
