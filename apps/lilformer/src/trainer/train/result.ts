// result.json of a run folder: how the run ended.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import type { DoneEvent } from '@lilformer/training';

const NAME = 'result.json';

export interface RunResult extends Pick<DoneEvent, 'reason' | 'step' | 'epoch' | 'tokens' | 'elapsed'> {
  readonly parameters: number;
  /** Peak memory of the process, in bytes. */
  readonly peakMemory: number;
  /** Description of the engine. */
  readonly engine: string;
  /** Load average of the machine, over a minute, when its last session began and ended; absent on Windows, which has none. */
  readonly load?: { readonly before: number; readonly after: number };
}

export async function writeResult(folder: string, result: RunResult): Promise<void> {
  await writeFileAtomic(join(folder, NAME), `${JSON.stringify(result, null, 2)}\n`);
}

/** Removes the result of a run that goes on. */
export async function removeResult(folder: string): Promise<void> {
  await rm(join(folder, NAME), { force: true });
}

/** Reads the result; undefined when the run has not ended. @throws Error naming a file that cannot be read */
export async function loadResult(folder: string): Promise<RunResult | undefined> {
  const path = join(folder, NAME);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as RunResult;
  } catch (error) {
    throw new Error(`${path}: not JSON: ${(error as Error).message}. Delete it and resume the run.`, {
      cause: error,
    });
  }
}
