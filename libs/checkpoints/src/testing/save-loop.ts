// Saves like a training run, without training: each step is a function of the previous one, so that tests can check that
// arrays, state, best weights and metrics agree. As a program: save-loop.ts FOLDER STEPS.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedArray } from '../named-array.js';
import { RunFolder } from '../run-folder/run-folder.js';

/** The arrays of a step; every value is the step. */
export function arraysOf(step: number, size = 100): Map<string, NamedArray> {
  return new Map<string, NamedArray>([
    ['weight', { dtype: 'F32', shape: [size], data: new Float32Array(size).fill(step) }],
    ['moment', { dtype: 'F64', shape: [size], data: new Float64Array(size).fill(step) }],
  ]);
}

/** The state after `before`; its digest depends on all previous steps. */
export function stateOf(before: { step: number; digest: number }): { step: number; digest: number } {
  return { step: before.step + 1, digest: (before.digest * 31 + before.step + 7) % 1_000_003 };
}

/** Starts or resumes the run of a folder, up to and including a step. */
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
