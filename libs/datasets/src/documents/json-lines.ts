// JSON lines: one object per line with a text field.
import { fileText, type Tally } from './file-bytes.js';
import { MAX_BATCH, type Fragment } from './fragments.js';

/** A longer line indicates a file of another format. */
export const MAX_LINE = 1 << 28;

/**
 * Yields the documents of a JSON lines file. Skips blank lines and null or empty fields.
 * @throws Error with file and line for a line that is not a JSON object, or lacks the field
 */
export async function* jsonLinesFragments(
  path: string,
  field: string,
  tally: Tally,
  signal?: AbortSignal,
): AsyncGenerator<Fragment[]> {
  let held: string[] = [];
  let heldLength = 0;
  let line = 0;
  for await (const chunk of fileText(path, tally, signal)) {
    const batch: Fragment[] = [];
    let from = 0;
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
      line++;
      if (at > from || heldLength > 0) {
        held.push(chunk.slice(from, at));
        addDocument(batch, held.join(''), path, line, field);
        held = [];
        heldLength = 0;
      }
      from = at + 1;
      if (batch.length >= MAX_BATCH) yield batch.splice(0);
    }
    held.push(chunk.slice(from));
    heldLength += chunk.length - from;
    if (heldLength > MAX_LINE) {
      throw new Error(
        `${path}: line ${line + 1} is longer than ${MAX_LINE} characters; is this a JSON lines file?`,
      );
    }
    if (batch.length > 0) yield batch;
  }
  const batch: Fragment[] = [];
  addDocument(batch, held.join(''), path, line + 1, field);
  if (batch.length > 0) yield batch;
}

function addDocument(batch: Fragment[], text: string, path: string, line: number, field: string): void {
  if (text.trim() === '') return;
  const document = textOfObject(parseValue(text, `${path}: line ${line}`), `${path}: line ${line}`, field);
  if (document !== '') batch.push({ text: document, end: true });
}

/** Shorter texts are parsed at once: they take no more memory than any file may. */
const CHECKED_LENGTH = 1 << 20;
/** Estimated bytes of an object, an array, a member and an item in the heap of V8. */
const COSTS: Readonly<Record<string, number>> = { '{': 64, '[': 48, ':': 80, ',': 16 };
const COST_OF = Uint8Array.from({ length: 128 }, (_, code) => COSTS[String.fromCharCode(code)] ?? 0);
const [QUOTE, BACKSLASH] = ['"', '\\'].map((character) => character.charCodeAt(0));

/** @throws Error when the values in a long text take far more memory than the text */
function checkSize(text: string, place: string): void {
  let left = 3 * text.length + (1 << 24);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      for (i++; i < text.length && text.charCodeAt(i) !== QUOTE; i++)
        if (text.charCodeAt(i) === BACKSLASH) i++;
    } else if (code < 128) left -= COST_OF[code];
  }
  if (left < 0) throw new Error(`${place} has too many values beside its text. Expected mostly text.`);
}

/** @throws Error naming the place of a text that is not JSON, or whose values take far more memory than it */
export function parseValue(text: string, place: string): unknown {
  if (text.length > CHECKED_LENGTH) checkSize(text, place);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${place} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The text in a field of an object; empty for null. @throws Error naming the place, what it is and what was expected */
export function textOfObject(value: unknown, place: string, field: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${place}: expected a JSON object with the field "${field}", got ${kind(value)}`);
  }
  if (!Object.hasOwn(value, field)) {
    const fields = Object.keys(value).map((name) => `"${name.slice(0, 60)}"`);
    const some = fields.slice(0, 20).join(', ') + (fields.length > 20 ? ', …' : '');
    throw new Error(
      `${place} has no field "${field}"; it has ${some || 'none'}. Say which one holds the text`,
    );
  }
  const document = (value as Record<string, unknown>)[field];
  if (document === null) return '';
  if (typeof document !== 'string') {
    throw new Error(`${place}: the field "${field}" is ${kind(document)}, expected a string`);
  }
  return document;
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
