// Paths as a person means them: from where they stand, which is not where Nx starts the app.
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The absolute form of a path that is relative to where the command was typed. */
export function fromWhereTheyStand(path: string): string {
  return resolve(process.env.INIT_CWD || process.cwd(), path);
}

/** A folder for a new run, `runs/<preset>-<number>`, that is not there yet. */
export async function nextRunFolder(preset: string): Promise<string> {
  const runs = fromWhereTheyStand('runs');
  const stem = preset.replaceAll('/', '-');
  const taken = new Set(await readdir(runs).catch(() => []));
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number++;
  return join(runs, `${stem}-${number}`);
}
