// Reads JSON files, including the Infinity and NaN of Python's json module. Size and nesting are bounded.
import { nameOf, type FileInput } from './byte-source.js';
import { readWhole, wrongContents } from './contents.js';
import { parseJson } from './parse-json.js';

/** Largest JSON file, in bytes. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads a JSON file, as Python's `json.load` does: `Infinity` and `NaN` are numbers.
 *
 * @param name used in error messages for a Blob or bytes
 * @throws Error naming the file when it is missing (with the cause's code `ENOENT`), not a regular file, larger than
 *   256 MiB, not JSON, or nested more than 100 levels deep
 */
export async function readJson(input: FileInput, name = nameOf(input)): Promise<unknown> {
  const bytes = await readWhole(input, name, MOST_BYTES);
  const wrong = wrongContents(bytes, bytes.length);
  if (wrong !== undefined) throw new Error(`${name}: ${wrong}`);
  return parseJson(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), name);
}
