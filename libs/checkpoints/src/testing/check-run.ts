// What has to hold of a save loop's folder at any moment, whatever happened before.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { RunFolder } from '../run-folder/run-folder.js';
import { stateOf } from './save-loop.js';

/** The state that a loop which was never stopped has at a step. */
function expectedState(step: number): { step: number; digest: number } {
  let state = { step: 0, digest: 1 };
  while (state.step < step) state = stateOf(state);
  return state;
}

function expectAll(data: Iterable<number | bigint>, value: number): void {
  expect(new Set(data)).toEqual(new Set([value]));
}

/** Checks a run that is open; returns the step of its state, 0 before the first. */
export async function checkRun(run: RunFolder): Promise<number> {
  const loaded = await run.loadState();
  const step = (loaded?.state.step as number | undefined) ?? 0;
  if (loaded) {
    expect(loaded.state).toEqual(expectedState(step));
    for (const { data } of loaded.tensors.values()) expectAll(data, step);
  }
  const best = await run.loadBest();
  if (best) {
    const bestStep = best.info.step as number;
    expect(best.info).toEqual({ step: bestStep, loss: 1 / bestStep });
    for (const { data } of best.tensors.values()) expectAll(data, bestStep);
    expect(bestStep).toBeLessThanOrEqual(step + 1);
  }
  expect(best !== undefined || step < 2).toBe(true);
  const events = await run.readMetrics();
  // the step of the state has its event, and at most one step is ahead of the state
  expect([step, step + 1]).toContain(events.length);
  events.forEach((event, i) => expect(event).toEqual({ type: 'step', ...expectedState(i + 1) }));
  return step;
}

/** Checks a run that has come to its end: nothing is missing, and nothing there twice but samples. */
export async function checkFinished(path: string, steps: number): Promise<void> {
  const run = await RunFolder.open(path);
  expect(await checkRun(run)).toBe(steps);
  expect(await run.readMetrics()).toHaveLength(steps);
  expect((await run.loadBest())!.info.step).toBe(steps - (steps % 2));
  expect(JSON.parse(await readFile(join(path, 'state.json'), 'utf8'))).toEqual(expectedState(steps));
  await run.close();
}
