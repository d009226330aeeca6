// Reads JSON files, including the Infinity and NaN of Python's json module. Size and nesting are bounded.
import { readWhole, wrongContents } from './contents.js';

/** Largest JSON file, in bytes. */
const MOST_BYTES = 2 ** 28;
/** Deepest nesting: readers of the value may be recursive. */
const MOST_DEPTH = 100;

/**
 * Parses JSON text.
 *
 * @throws Error naming `name` when the text is not JSON, or nested too deeply
 */
export function parseJson(text: string, name: string): unknown {
  let depth = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth > MOST_DEPTH)
      throw new Error(`${name}: nested more than ${MOST_DEPTH} levels deep. Expected at most ${MOST_DEPTH}.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return parsePython(text);
    } catch {
      throw new Error(`${name}: not JSON: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** A string that stands for NaN while the text is parsed. */
const NOT_A_NUMBER = '\u0000NaN';

/** Parses JSON with Infinity and NaN as numbers. */
function parsePython(text: string): unknown {
  const standard = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\bInfinity\b|\bNaN\b/gs, (token) =>
    token === 'Infinity' ? '1e999' : token === 'NaN' ? JSON.stringify(NOT_A_NUMBER) : token,
  );
  return JSON.parse(standard, (_, value: unknown) => (value === NOT_A_NUMBER ? NaN : value));
}

/**
 * Reads a JSON file, as Python's `json.load` does: `Infinity` and `NaN` are numbers.
 *
 * @throws Error naming the file when it is missing (with the cause's code `ENOENT`), not a regular file, larger than
 *   256 MiB, not JSON, or nested more than 100 levels deep
 */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readWhole(path, MOST_BYTES);
  const wrong = wrongContents(bytes, bytes.length);
  if (wrong !== undefined) throw new Error(`${path}: ${wrong}`);
  return parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'), path);
}
