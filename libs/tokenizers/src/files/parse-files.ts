// Parses the files of a tokenizer.

/** Nesting of a JSON file: those of tokenizers have less than 20 levels, and readers are recursive. */
const MAX_DEPTH = 200;
/** Bytes of memory that an object or array takes at least. */
const COST = 48;

/**
 * Parses JSON, with Python's `NaN` and `Infinity` as numbers.
 *
 * @param path for messages
 * @throws Error naming the file when it is not JSON, or is nested too deeply
 */
export function parseJson(text: string, path: string): unknown {
  const { depth, json, values } = withoutPythonNumbers(text);
  if (depth > MAX_DEPTH)
    throw new Error(`${path}: nested ${depth} levels deep. Expected JSON of at most ${MAX_DEPTH} levels.`);
  // Small files may be anything.
  if (values * COST > 3 * text.length + (1 << 24))
    throw new Error(
      `${path}: has ${values} objects and arrays in ${text.length} characters. Expected a tokenizer file.`,
    );
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The text with numbers that JSON can express (`NaN` becomes null), its nesting and its number of objects and arrays. */
function withoutPythonNumbers(text: string): { depth: number; json: string; values: number } {
  const parts: string[] = [];
  let done = 0;
  let depth = 0;
  let level = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (unit === 0x5b || unit === 0x7b) {
      depth = Math.max(depth, ++level);
      values++;
    } else if (unit === 0x5d || unit === 0x7d) {
      level--;
    } else if (unit === 0x49 || unit === 0x4e) {
      const name = unit === 0x49 ? 'Infinity' : 'NaN';
      if (!text.startsWith(name, i)) continue;
      parts.push(text.slice(done, i), unit === 0x49 ? '1e999' : 'null');
      done = i + name.length;
    }
  }
  return { depth, json: done === 0 ? text : parts.join('') + text.slice(done), values };
}

/** The lines of a text with line ends of any system. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The text of a file. @throws Error naming the file when it is not UTF-8 */
export function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(`${path}: not UTF-8. Expected a text file.`, { cause: error });
  }
}
