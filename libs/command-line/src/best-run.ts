// The best run of a folder of runs, so that a sweep can be opened by its name.
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openSafetensors } from '@lilformer/checkpoints';

/**
 * The run with the lowest validation loss of a folder of runs; any other path unchanged.
 *
 * @param notify receives a line that names the run
 * @throws Error when the weights of a run are damaged
 */
export async function bestRun(path: string, notify: (line: string) => void): Promise<string> {
  if (existsSync(join(path, 'config.json'))) return path;
  const names = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? await readdir(path) : [];
  let best: { path: string; perplexity: number } | undefined;
  for (const name of names.sort()) {
    const weights = join(path, name, 'model.safetensors');
    if (!existsSync(weights)) continue;
    const file = await openSafetensors(weights);
    await file.close();
    const { perplexity } = JSON.parse(file.metadata.best ?? '{}') as { perplexity?: unknown };
    if (typeof perplexity !== 'number') continue;
    if (!best || perplexity < best.perplexity) best = { path: join(path, name), perplexity };
  }
  if (!best) return path;
  notify(
    `The run of ${basename(path)} with the lowest perplexity: ${basename(best.path)}, ${best.perplexity.toFixed(2)}`,
  );
  return best.path;
}
