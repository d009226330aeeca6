// The lines of metrics.jsonl: one JSON object each. A last line without a line break was cut off by a kill and is ignored.
import { parseJson } from '../files/parse-json.js';

export const LINE_BREAK = 0x0a;
/** Longer lines are checked for nesting, which takes memory. */
const LONG_LINE = 2 ** 16;

export type LogEvent = Record<string, unknown>;

const decoder = new TextDecoder();

/** Yields the complete lines and the position of their first bytes. */
export function* lines(bytes: Uint8Array): Generator<{ text: string; start: number }> {
  for (let start = 0; ;) {
    const end = bytes.indexOf(LINE_BREAK, start);
    if (end === -1) return;
    yield { text: decoder.decode(bytes.subarray(start, end)), start };
    start = end + 1;
  }
}

/** The event of a line. @throws Error naming the file and the line unless it is a JSON object */
export function parseEvent(path: string, number: number, text: string): LogEvent {
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
 * All events of a log. Damaged lines at the end, which a power failure can leave, are ignored.
 * @throws Error naming the file and the line that is not a JSON object
 */
export function parseLog(path: string, bytes: Uint8Array): LogEvent[] {
  const events: LogEvent[] = [];
  let damaged: { number: number; text: string } | undefined;
  let number = 0;
  for (const { text } of lines(bytes)) {
    number++;
    const event = eventOf(text);
    if (!event) damaged ??= { number, text };
    else if (damaged) parseEvent(path, damaged.number, damaged.text);
    else events.push(event);
  }
  return events;
}

/** The event of a line; undefined unless it is a JSON object. */
export function eventOf(text: string): LogEvent | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return parseEvent('', 0, text);
  } catch {
    return undefined;
  }
}

/** Position of the first event whose `step` exceeds `step`; undefined without one. */
export function startAfter(path: string, bytes: Uint8Array, step: number): number | undefined {
  let number = 0;
  for (const { text, start } of lines(bytes)) {
    const event = parseEvent(path, ++number, text);
    if (typeof event.step === 'number' && event.step > step) return start;
  }
  return undefined;
}
