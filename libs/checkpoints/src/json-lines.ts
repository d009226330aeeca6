// A log of JSON lines that survives kills: each event is one write to the end of the file, and a last line
// without its line break is what a kill cut off. Leaves out rotation and random access.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { explainWriteError } from './atomic-file.js';

const LINE_BREAK = 0x0a;

/** One event of a log. */
export type LogEvent = Record<string, unknown>;

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Each whole line with the place of its first byte. */
function* lines(bytes: Buffer): Generator<{ text: string; start: number }> {
  for (let start = 0; ;) {
    const end = bytes.indexOf(LINE_BREAK, start);
    if (end === -1) return; // nothing, or a line that was cut off
    yield { text: bytes.toString('utf8', start, end), start };
    start = end + 1;
  }
}

function parse(path: string, number: number, text: string): LogEvent {
  try {
    return JSON.parse(text) as LogEvent;
  } catch (error) {
    throw new Error(`${path}: line ${number} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * All whole events of a log; none when there is no file yet.
 *
 * @throws Error naming the file and line when a line is not JSON.
 */
export async function readLog(path: string): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (const { text } of lines(await readBytes(path))) events.push(parse(path, events.length + 1, text));
  return events;
}

/** A text file open for appending. */
export class AppendFile {
  private descriptor: number | undefined;

  constructor(readonly path: string) {}

  /** Appends in one write; what did not fit is taken back, so that no half line stays. */
  append(text: string): void {
    try {
      this.descriptor ??= openSync(this.path, 'a');
      const before = fstatSync(this.descriptor).size;
      const bytes = Buffer.from(text);
      try {
        let written = 0;
        while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
      } catch (error) {
        ftruncateSync(this.descriptor, before);
        throw error;
      }
    } catch (error) {
      throw explainWriteError(this.path, error);
    }
  }

  /** Makes what was appended last through a power cut. */
  sync(): void {
    try {
      if (this.descriptor !== undefined) fsyncSync(this.descriptor);
    } catch (error) {
      throw explainWriteError(this.path, error);
    }
  }

  /** Takes away everything from byte `length` on, at once. */
  cut(length: number): void {
    try {
      this.descriptor ??= openSync(this.path, 'a');
      ftruncateSync(this.descriptor, length);
      fsyncSync(this.descriptor);
    } catch (error) {
      throw explainWriteError(this.path, error);
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

/** Takes away a last line that a kill cut off, lest the next event be glued to it. */
export async function mendLog(file: AppendFile): Promise<void> {
  const bytes = await readBytes(file.path);
  const whole = bytes.lastIndexOf(LINE_BREAK) + 1;
  if (whole < bytes.length) file.cut(whole);
}

/** Takes away the first event whose `step` is beyond `step`, and all after it. */
export async function truncateLog(file: AppendFile, step: number): Promise<void> {
  let number = 0;
  for (const { text, start } of lines(await readBytes(file.path))) {
    const event = parse(file.path, ++number, text);
    if (typeof event.step === 'number' && event.step > step) {
      file.cut(start);
      return;
    }
  }
}
