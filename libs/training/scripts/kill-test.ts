// Kills training processes at random moments, a hundred times by default, and resumes each run; every finished run has to
// equal an uninterrupted one bit for bit.
//
//   node --conditions=@lilformer/source --import tsx scripts/kill-test.ts [KILLS] [SEED]
import { Random } from '@lilformer/random';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KILL_STEPS, outcome, randomMoment, trainInto, trainOrDie } from '../src/testing/kill.js';

const wanted = Number(process.argv[2] ?? 100);
const seed = process.argv[3] ?? String(Date.now());
const random = new Random(seed);
const base = mkdtempSync(join(tmpdir(), 'lilformer-kills-'));
const whole = join(base, 'whole');
await trainInto(whole);
const expected = await outcome(whole);

const atStep = new Set<number>();
let kills = 0;
let beforeAnything = 0;
let runs = 0;
let different = 0;
while (kills < wanted) {
  const path = join(base, `run-${runs++}`);
  while (kills < wanted && !(await trainOrDie(path, randomMoment(random)))) {
    kills++;
    const step = await stepOf(path);
    if (step === undefined) beforeAnything++;
    else atStep.add(step);
  }
  await trainOrDie(path);
  if (!isDeepStrictEqual(await outcome(path), expected)) {
    different++;
    console.log(`${path}: differs from ${whole}`);
  }
  console.log(`run ${runs} of ${KILL_STEPS} steps ended, ${kills}/${wanted} kills so far`);
}
console.log(
  `${kills} kills in ${runs} runs (seed ${seed}): ${beforeAnything} before the first save, the others at ` +
    `${atStep.size} different steps; ${runs - different} runs equal the uninterrupted one bit for bit, ${different} differ`,
);
if (different === 0) rmSync(base, { recursive: true });
process.exitCode = different === 0 ? 0 : 1;

/** Step saved last in a folder that may be anything. */
async function stepOf(path: string): Promise<number | undefined> {
  return outcome(path).then(
    (found) => (found as { state: { step: number } }).state.step,
    () => undefined,
  );
}
