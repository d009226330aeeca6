// Saved results in results/: JSON, and Markdown.
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import { workspace } from './workloads.js';

const folder = resolve(workspace, 'tools/bench/results');

export async function saveResults(name: string, results: unknown, markdown: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = { [`${name}.json`]: JSON.stringify(results, null, 2), [`${name}.md`]: markdown };
  for (const [file, text] of Object.entries(files)) {
    const path = join(folder, file);
    await writeFileAtomic(path, `${text}\n`);
    console.error(`wrote ${path}`);
  }
}

/** Saved results; undefined if there are none. */
export async function readResults<T>(name: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
