// Where runs go when nobody says where.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveUserPath } from '@lilformer/command-line';

/** A folder for a new run, `runs/<preset>-<number>`, that is not there yet. */
export async function nextRunFolder(preset: string): Promise<string> {
  const runs = resolveUserPath('runs');
  const stem = preset.replaceAll('/', '-');
  const taken = new Set(await readdir(runs).catch(() => []));
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number++;
  return join(runs, `${stem}-${number}`);
}
