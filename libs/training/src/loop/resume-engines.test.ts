// On each engine, an interrupted run equals an uninterrupted one bit for bit.
import { openEngine } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { after, interrupted, logged, optionsOf, RUNS, type Kind } from '../testing/interrupted.js';
import { newFolder, runToEnd, traces } from '../testing/tiny.js';

describe('a run', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it.each(Object.keys(RUNS) as Kind[])('%s: interrupted six times', async (kind) => {
    const wholeFolder = await newFolder();
    const whole = await runToEnd(optionsOf(kind, wholeFolder));
    const { sessions, folder } = await interrupted(
      kind,
      [3, 2, 4, 1, 5, 2].map((count) => after(count)),
    );
    expect(sessions.slice(0, -1).map(({ done }) => done.reason)).toContain('interrupted');
    expect(logged(sessions)).toEqual(logged([whole]));
    expect(await traces(folder)).toEqual(await traces(wholeFolder));
  });
});
