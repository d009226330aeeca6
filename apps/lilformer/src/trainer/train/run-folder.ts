// The default folder of a run.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveUserPath } from '@lilformer/command-line';

/**
 * Creates a new folder, `runs/<name>-<number>`: of several processes each gets its own.
 * @throws Error when it cannot be created
 */
export async function newRunFolder(name: string): Promise<string> {
  const runs = resolveUserPath('runs');
  const stem = name.replaceAll('/', '-');
  try {
    await claim(runs);
    const taken = new Set(await readdir(runs));
    for (let number = 1; ; number++) {
      const path = join(runs, `${stem}-${number}`);
      if (!taken.has(`${stem}-${number}`) && (await claim(path))) return path;
    }
  } catch (error) {
    throw new Error(
      `${runs}: cannot be written: ${(error as Error).message}. Give another folder with --run.`,
      {
        cause: error,
      },
    );
  }
}

async function claim(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
