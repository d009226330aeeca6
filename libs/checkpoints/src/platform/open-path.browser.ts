// Fetches a file: pages have no paths.
import { bytesSource, type ByteSource } from '../files/byte-source.js';

/** Fetches a file whole. @throws Error naming the address when it cannot be fetched */
export async function openPath(url: string): Promise<ByteSource> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new Error(`${url}: cannot be fetched (${(error as Error).message}).`, { cause: error });
  });
  if (!response.ok)
    throw new Error(
      `${url}: ${response.status === 404 ? 'no such file.' : `HTTP status ${response.status}.`}`,
    );
  return bytesSource(url, await response.arrayBuffer());
}

/** The address of a file in the folder of another. */
export const beside = (url: string, name: string): string => url.replace(/[^/]*$/, name);
