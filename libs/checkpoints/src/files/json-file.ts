// Reads JSON files, including the Infinity and NaN of Python's json module. Size and nesting are bounded.
import { readWhole, wrongContents } from './contents.js';
import { parseJson } from './parse-json.js';

/** Largest JSON file, in bytes. */
const MOST_BYTES = 2 ** 28;

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
