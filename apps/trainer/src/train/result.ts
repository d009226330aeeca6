// result.json of a run folder: how the run ended.
import { readFile } from 'node:fs/promises';
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
}

export async function writeResult(folder: string, result: RunResult): Promise<void> {
  await writeFileAtomic(join(folder, NAME), `${JSON.stringify(result, null, 2)}\n`);
}

/** Reads the result; undefined when the run has not ended. */
export async function loadResult(folder: string): Promise<RunResult | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, NAME), 'utf8');
  } catch {
    return undefined;
  }
  return JSON.parse(text) as RunResult;
}
