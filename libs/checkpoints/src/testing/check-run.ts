// Invariants of the run folder of a save loop, at any moment.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { RunFolder } from '../run-folder/run-folder.js';
import { stateOf } from './save-loop.js';

/** The state of an uninterrupted loop at a step. */
function expectedState(step: number): { step: number; digest: number } {
  let state = { step: 0, digest: 1 };
  while (state.step < step) state = stateOf(state);
  return state;
}

function expectAll(data: Iterable<number | bigint>, value: number): void {
  expect(new Set(data)).toEqual(new Set([value]));
}

/** Checks an open run; returns the step of its state, 0 before the first. */
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
  // At most one event is ahead of the state.
  expect([step, step + 1]).toContain(events.length);
  events.forEach((event, i) => expect(event).toEqual({ type: 'step', ...expectedState(i + 1) }));
  return step;
}

/** Checks a finished run: all events exist once. */
export async function checkFinished(path: string, steps: number): Promise<void> {
  const run = await RunFolder.open(path);
  expect(await checkRun(run)).toBe(steps);
  expect(await run.readMetrics()).toHaveLength(steps);
  expect((await run.loadBest())!.info.step).toBe(steps - (steps % 2));
  expect(JSON.parse(await readFile(join(path, 'state.json'), 'utf8'))).toEqual(expectedState(steps));
  await run.close();
}
