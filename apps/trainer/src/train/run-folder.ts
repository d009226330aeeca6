// The default folder of a run.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveUserPath } from '@lilformer/command-line';

/** A folder that does not exist yet, `runs/<preset>-<number>`. */
export async function nextRunFolder(preset: string): Promise<string> {
  const runs = resolveUserPath('runs');
  const stem = preset.replaceAll('/', '-');
  const taken = new Set(await readdir(runs).catch(() => []));
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number++;
  return join(runs, `${stem}-${number}`);
}
