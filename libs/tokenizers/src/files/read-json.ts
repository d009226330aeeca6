// Reads the files of a tokenizer.
import { readFile, stat } from 'node:fs/promises';

/** @throws Error naming the file when it is missing, not a regular file, or not UTF-8 */
export async function readText(path: string): Promise<string> {
  try {
    // A FIFO or a device could be read for ever.
    const file = await stat(path);
    if (!file.isFile())
      throw new Error('not a regular file. Expected a tokenizer file or a folder with one.');
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'no such file. Expected a tokenizer file or a folder with one.'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'not UTF-8. Expected a text file.'
          : message;
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
}

/** @throws Error naming the file when it cannot be read or is not JSON */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The lines of a text file with line ends of any system. */
export async function readLines(path: string): Promise<string[]> {
  const lines = (await readText(path)).split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
