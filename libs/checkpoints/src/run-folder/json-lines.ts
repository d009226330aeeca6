// Crash-safe log of JSON lines: each event is one write to the end of the file. A last line without a line break was cut off
// by a kill and is ignored.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { explainWriteError, writePartsAtomic } from '../files/atomic-file.js';
import { parseJson } from '../files/parse-json.js';

const LINE_BREAK = 0x0a;
/** Longer lines are checked for nesting, which takes memory. */
const LONG_LINE = 2 ** 16;

export type LogEvent = Record<string, unknown>;

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

/** Yields the complete lines and the position of their first bytes. */
function* lines(bytes: Buffer): Generator<{ text: string; start: number }> {
  for (let start = 0; ;) {
    const end = bytes.indexOf(LINE_BREAK, start);
    if (end === -1) return;
    yield { text: bytes.toString('utf8', start, end), start };
    start = end + 1;
  }
}

function parse(path: string, number: number, text: string): LogEvent {
  let event: unknown;
  try {
    event = text.length > LONG_LINE ? parseJson(text, path) : JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: line ${number} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event as LogEvent;
  throw new Error(`${path}: line ${number} is ${text.slice(0, 40)}. Expected a JSON object.`);
}

/**
 * Reads all events; none without a file. Damaged lines at the end, which a power failure can leave, are ignored.
 * @throws Error naming the file and the line that is not a JSON object
 */
export async function readLog(path: string): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  let damaged: { number: number; text: string } | undefined;
  let number = 0;
  for (const { text } of lines(await readBytes(path))) {
    number++;
    const event = eventOf(text);
    if (!event) damaged ??= { number, text };
    else if (damaged) parse(path, damaged.number, damaged.text);
    else events.push(event);
  }
  return events;
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

/** The event of a line; undefined unless it is a JSON object. */
function eventOf(text: string): LogEvent | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return parse('', 0, text);
  } catch {
    return undefined;
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
  let number = 0;
  for (const { text, start } of lines(await readBytes(file.path))) {
    const event = parse(file.path, ++number, text);
    if (typeof event.step === 'number' && event.step > step) {
      file.truncate(start);
      return;
    }
  }
}
