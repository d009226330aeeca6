// Crash-safe log of JSON lines in a file: each event is one write to the end.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { explainWriteError, writePartsAtomic } from '../files/atomic-file.js';
import { eventOf, LINE_BREAK, lines, parseLog, startAfter, type LogEvent } from './log-lines.js';

async function readBytes(path: string): Promise<Buffer> {
  try {
    // A pipe or a device could be read for ever.
    if (!(await stat(path)).isFile())
      throw new Error(`${path}: is a folder, device or pipe. Expected a file.`);
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/**
 * Reads all events; none without a file. Damaged lines at the end are ignored.
 * @throws Error naming the file and the line that is not a JSON object
 */
export async function readLog(path: string): Promise<LogEvent[]> {
  return parseLog(path, await readBytes(path));
}

/** A text file open for appending. */
export class AppendFile {
  private descriptor: number | undefined;

  constructor(readonly path: string) {}

  /** Appends in one write; a partial write is undone. */
  append(text: string): void {
    this.attempt((descriptor) => {
      const before = fstatSync(descriptor).size;
      const bytes = Buffer.from(text);
      try {
        for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
      } catch (error) {
        ftruncateSync(descriptor, before);
        throw error;
      }
    });
  }

  /** Makes appended text durable after a power failure. */
  sync(): void {
    if (this.descriptor !== undefined) this.attempt(fsyncSync);
  }

  /** Truncates the file to `length` bytes. */
  truncate(length: number): void {
    this.attempt((descriptor) => {
      ftruncateSync(descriptor, length);
      fsyncSync(descriptor);
    });
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private attempt(write: (descriptor: number) => void): void {
    try {
      write((this.descriptor ??= openSync(this.path, 'a')));
    } catch (error) {
      throw explainWriteError(this.path, error);
    }
  }
}

/**
 * Removes an incomplete last line, to which the next event would be appended otherwise, and damaged lines, which a power
 * failure can leave.
 */
export async function repairLog(file: AppendFile, notify: (message: string) => void): Promise<void> {
  const bytes = await readBytes(file.path);
  const whole = bytes.lastIndexOf(LINE_BREAK) + 1;
  const all = [...lines(bytes)];
  const kept = all.filter(({ text }) => eventOf(text));
  if (kept.length < all.length) {
    await writePartsAtomic(file.path, [Buffer.from(kept.map(({ text }) => `${text}\n`).join(''))]);
    notify(`${file.path}: removed ${all.length - kept.length} damaged lines, which are not JSON objects`);
  } else if (whole < bytes.length) file.truncate(whole);
}

/** Removes the first event whose `step` exceeds `step`, and all after it. */
export async function truncateLog(file: AppendFile, step: number): Promise<void> {
  const start = startAfter(file.path, await readBytes(file.path), step);
  if (start !== undefined) file.truncate(start);
}
