// Recognizes what often lies in place of a file: a Git LFS pointer, a web page, nothing.
import { openFile, type ByteSource, type FileInput } from './byte-source.js';
import { fromLatin1 } from './latin1.js';

/** Bytes that are enough to recognize them. */
const LENGTH = 1024;

/**
 * What a file holds in place of its contents, and how to get them; undefined for anything else.
 *
 * @param first its first bytes
 */
export function wrongContents(first: Uint8Array, size: number): string | undefined {
  if (size === 0) return 'the file is empty. Download or save it again.';
  const text = fromLatin1(first.subarray(0, LENGTH));
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const bytes = /^size (\d+)$/m.exec(text)?.[1];
    const what = bytes === undefined ? 'the file' : `the file of ${bytes} bytes`;
    return `a Git LFS pointer, not ${what} itself. Run "git lfs pull" in its repository, or download the file.`;
  }
  if (/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|\?xml)/i.test(text)) {
    return 'a web page (HTML), perhaps the error page of a download. Download the file itself; on the Hugging Face Hub its address has /resolve/, not /blob/.';
  }
  if (
    /^(Entry not found|Not Found|Invalid username or password|Repository not found|Access to model)/i.test(
      text,
    )
  ) {
    return `the error message of a download: ${JSON.stringify(text.split('\n')[0].slice(0, 100))}. Download the file again.`;
  }
  if (first.length >= 16 && first.every((byte) => byte === 0)) {
    return 'begins with zeros only, as an incomplete download does. Download it again.';
  }
  return undefined;
}

/** Throws when a file holds something in place of its contents. @throws Error naming the file, and how to get them */
export async function checkContents(source: ByteSource): Promise<void> {
  const wrong = wrongContents(await source.read(0, Math.min(LENGTH, source.size)), source.size);
  if (wrong !== undefined) throw new Error(`${source.name}: ${wrong}`);
}

/** The bytes of a file. @throws Error naming the path when it is missing, not a regular file, or larger than `most` bytes */
export async function readWhole(input: FileInput, name: string, most: number): Promise<Uint8Array> {
  const source = await openFile(input, name);
  try {
    if (source.size > most)
      throw new Error(`${name}: ${source.size} bytes are too large. Expected at most ${most}.`);
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
