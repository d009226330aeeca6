// A training run without the training: each step follows from the one before, so that whoever looks at the
// folder can tell whether arrays, state, best weights and metrics fit together. Run as a program, it goes on
// in the folder of its first argument up to the step of its second.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedArray } from '../named-array.js';
import { RunFolder } from '../run-folder/run-folder.js';

/** The arrays of a step: every number is the step. */
export function arraysOf(step: number, size = 100): Map<string, NamedArray> {
  return new Map<string, NamedArray>([
    ['weight', { dtype: 'F32', shape: [size], data: new Float32Array(size).fill(step) }],
    ['moment', { dtype: 'F64', shape: [size], data: new Float64Array(size).fill(step) }],
  ]);
}

/** The state of a step; its digest depends on the whole way there. */
export function stateOf(before: { step: number; digest: number }): { step: number; digest: number } {
  return { step: before.step + 1, digest: (before.digest * 31 + before.step + 7) % 1_000_003 };
}

/** Starts or goes on with the run of a folder, up to and including a step. */
export async function saveLoop(
  path: string,
  steps: number,
  notify: (message: string) => void,
): Promise<void> {
  const isRun = existsSync(join(path, 'config.json'));
  const run = isRun
    ? await RunFolder.resume(path, { notify })
    : await RunFolder.create(path, { config: { steps: 'any' }, tokenizer: { type: 'none' } }, { notify });
  const loaded = await run.loadState();
  let state = (loaded?.state as { step: number; digest: number } | undefined) ?? { step: 0, digest: 1 };
  await run.truncateMetrics(state.step);
  while (state.step < steps) {
    state = stateOf(state);
    run.appendMetrics({ type: 'step', ...state });
    run.appendSamples(`${state.step}\n`);
    if (state.step % 2 === 0)
      await run.saveBest(arraysOf(state.step), { step: state.step, loss: 1 / state.step });
    await run.saveState(arraysOf(state.step), state);
  }
  await run.close();
}

if (process.argv[1]?.endsWith('save-loop.ts')) {
  console.log('started');
  await saveLoop(process.argv[2], Number(process.argv[3]), (message) => console.log(message));
  console.log('finished');
}
