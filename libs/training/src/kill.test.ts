// The real thing in small: a training process is killed with SIGKILL at random moments and started
// again until it ends. `scripts/kill-test.ts` does a hundred.
import { Random } from '@lilformer/random';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KILL_STEPS, outcome, randomMoment, trainInto, trainOrDie } from './testing/kill.js';

it('a run that is killed and resumed ends with the losses and weights of one that was not', async () => {
  const place = mkdtempSync(join(tmpdir(), 'lilformer-kill-'));
  const [whole, killed] = [join(place, 'whole'), join(place, 'killed')];
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
