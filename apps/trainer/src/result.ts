// How a run ended, in its folder as result.json: what a table of several runs needs that no other file has.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import type { DoneEvent } from '@lilformer/training';

const NAME = 'result.json';

export interface RunResult extends Pick<DoneEvent, 'reason' | 'step' | 'epoch' | 'tokens' | 'elapsed'> {
  readonly parameters: number;
  /** Most memory that the process has had, in bytes. */
  readonly peakMemory: number;
  /** What computed, in words. */
  readonly engine: string;
}

export async function writeResult(folder: string, result: RunResult): Promise<void> {
  await writeFileAtomic(join(folder, NAME), `${JSON.stringify(result, null, 2)}\n`);
}

/** `undefined` while the run has not come to its end. */
export async function loadResult(folder: string): Promise<RunResult | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, NAME), 'utf8');
  } catch {
    return undefined;
  }
  return JSON.parse(text) as RunResult;
}
