// Reads a JSON file.
import { readFile } from 'node:fs/promises';

/** @throws Error naming the file when it is missing or not JSON */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'no such file. Expected a tokenizer file or a folder with one.'
        : error instanceof SyntaxError
          ? `not JSON: ${message}`
          : message;
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
}
