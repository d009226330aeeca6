// Kills a training process with SIGKILL at random moments and resumes it; `npx nx run checks:kills` does so with
// the commands.
import { Random } from '@lilformer/random';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KILL_STEPS, outcome, randomMoment, trainInto, trainOrDie } from '../testing/kill.js';

it('a killed and resumed run equals an uninterrupted one', async () => {
  const base = mkdtempSync(join(tmpdir(), 'lilformer-kill-'));
  const [whole, killed] = [join(base, 'whole'), join(base, 'killed')];
  await trainInto(whole);

  const random = new Random(`kill ${process.pid}`);
  let kills = 0;
  while (kills < 3 && !(await trainOrDie(killed, randomMoment(random)))) kills++;
  await trainOrDie(killed);
  expect(kills).toBeGreaterThan(0);

  const expected = (await outcome(whole)) as { state: { step: number }; metrics: unknown[] };
  expect(expected.state.step).toBe(KILL_STEPS);
  expect(expected.metrics.length).toBeGreaterThan(KILL_STEPS);
  expect(await outcome(killed)).toEqual(expected);
});
