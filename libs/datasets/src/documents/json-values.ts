// JSON files: an array of objects with a text field or of texts, or such values one after the other, as in JSON lines.
import { fileText, type Tally } from './file-bytes.js';
import { MAX_BATCH, type Fragment } from './fragments.js';
import { MAX_LINE, parseValue, textOfObject } from './json-lines.js';

const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((text) => text.charCodeAt(0));
const OPENING = new Set(['[', '{'].map((text) => text.charCodeAt(0)));
const CLOSING = new Set([']', '}'].map((text) => text.charCodeAt(0)));
const SPACE = new Set([' ', '\t', '\n', '\r'].map((text) => text.charCodeAt(0)));

/**
 * Yields the documents of a JSON file in constant memory. Skips null and empty texts.
 * @throws Error with file and number of the value for one that is not JSON, is neither a text nor an object, or lacks the field
 */
export async function* jsonFragments(
  path: string,
  field: string,
  tally: Tally,
  signal?: AbortSignal,
): AsyncGenerator<Fragment[]> {
  /** Nesting of the values: 1 in an array. */
  let base: 0 | 1 | undefined;
  let closed = false; // whether the array has ended
  let depth = 0;
  let inString = false;
  let escaped = false;
  let held: string[] = [];
  let heldLength = 0;
  let number = 0;
  const place = (): string => `${path}: value ${number + 1}`;
  for await (const chunk of fileText(path, tally, signal)) {
    const batch: Fragment[] = [];
    let from = -1; // start of the current value in the chunk
    if (heldLength > 0) from = 0;
    const finish = (end: number): void => {
      held.push(chunk.slice(from, end));
      const value = parseValue(held.join(''), place());
      const text = typeof value === 'string' ? value : textOfObject(value, place(), field);
      if (text !== '') batch.push({ text, end: true });
      held = [];
      heldLength = 0;
      from = -1;
      number++;
    };
    for (let i = 0; i < chunk.length; i++) {
      if (batch.length >= MAX_BATCH) yield batch.splice(0);
      const code = chunk.charCodeAt(i);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) {
          inString = false;
          if (depth === base) finish(i + 1);
        }
        continue;
      }
      const isSpace = SPACE.has(code);
      if (base === undefined) {
        if (isSpace) continue;
        base = chunk[i] === '[' ? 1 : 0;
        if (base === 1) {
          depth = 1;
          continue;
        }
      }
      if (depth === base) {
        // Outside of objects and strings.
        const ends = base === 1 && chunk[i] === ']';
        if (isSpace || ends || (base === 1 && code === COMMA)) {
          if (from >= 0) finish(i);
          if (ends) {
            closed = true;
            depth = -1;
          }
          continue;
        }
        if (from < 0) from = i;
      } else if (closed && !isSpace) {
        throw new Error(`${path}: there is more after the end of the array. Expected one JSON array.`);
      }
      if (code === QUOTE) inString = true;
      else if (OPENING.has(code)) depth++;
      else if (CLOSING.has(code)) {
        depth--;
        if (depth === base) finish(i + 1);
      }
    }
    if (from >= 0) {
      held.push(chunk.slice(from));
      heldLength += chunk.length - from;
      if (heldLength > MAX_LINE) throw new Error(`${place()} is longer than ${MAX_LINE} characters`);
    }
    if (batch.length > 0) yield batch;
  }
  if (base === 1 && !closed) {
    throw new Error(
      `${path}: the file ends inside the array, after ${number} values. Expected a closing bracket.`,
    );
  }
  if (heldLength > 0) {
    const value = parseValue(held.join(''), place());
    const text = typeof value === 'string' ? value : textOfObject(value, place(), field);
    if (text !== '') yield [{ text, end: true }];
  }
}
