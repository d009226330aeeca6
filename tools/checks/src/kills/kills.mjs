// Kills commands at random moments and continues them: whatever was killed, the outcome has to equal that of an uninterrupted
// command bit for bit, and no temporary file may be left. Each start has a number of threads of its own, from one to three.
//
// `npx nx run checks:kills -- --kills N --seed S [--engine NAME] [--kinds train,encode,sweep,export,download]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '@lilformer/random';
import { KINDS } from './kinds.mjs';
import { runCommand } from './run-command.mjs';

/** Kills before a command may end. */
const KILLS_PER_CASE = 4;

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now()) },
    kinds: { type: 'string', default: Object.keys(KINDS).join(',') },
    engine: { type: 'string', default: process.env.LILFORMER_ENGINE || 'auto' },
  },
});
const wanted = Number(flags.kills);
if (!Number.isSafeInteger(wanted) || wanted < 1) {
  usage(`--kills: ${flags.kills}. Expected a whole number of at least 1.`);
}
const names = flags.kinds.split(',');
for (const name of names) {
  if (!Object.hasOwn(KINDS, name)) usage(`--kinds: ${name}. Expected ${Object.keys(KINDS).join(', ')}.`);
}

process.env.LILFORMER_ENGINE = flags.engine; // of the commands
const random = new Random(flags.seed);
const work = mkdtempSync(join(tmpdir(), 'lilformer-kills-'));
const start = performance.now();
let failed = 0;
let killsInAll = 0;
for (const [index, name] of names.entries()) {
  const share =
    Math.floor((wanted * (index + 1)) / names.length) - Math.floor((wanted * index) / names.length);
  const tally = await check(name, share);
  killsInAll += tally.kills;
  failed += tally.failed;
}
console.log(`${killsInAll} kills (seed ${flags.seed}): ${failed} commands lost something`);
if (failed === 0) rmSync(work, { recursive: true });
else console.log(`Their folders are in ${work}.`);
process.exitCode = failed === 0 ? 0 : 1;

/** Interrupts commands of one kind `wanted` times; prints one line per command. */
async function check(name, wanted) {
  const kind = await KINDS[name](join(work, name), random);
  const tally = { kills: 0, failed: 0 };
  const references = new Map();
  for (let i = 0; tally.kills < wanted; i++) {
    const variant = kind.variants[random.integer(kind.variants.length)];
    if (!references.has(variant)) references.set(variant, await reference(kind, variant, references.size));
    const { expected, seconds } = references.get(variant);
    const command = () => kind.command(folder, variant, 1 + random.integer(3));
    const folder = join(work, name, `case-${i}`);
    const kills = [];
    let fault;
    try {
      await kind.prepare?.(folder);
      let ended = false;
      const most = Math.min(KILLS_PER_CASE, wanted - tally.kills);
      while (!ended && kills.length < most) {
        const kill = { after: 1000 * seconds * random.uniform(), signal: pick() };
        ended = await runCommand(command(), kill);
        if (!ended) kills.push(`${kill.signal} after ${(kill.after / 1000).toFixed(2)} s`);
      }
      if (!ended) await runCommand(command());
      const found = await kind.outcome(folder, variant);
      const left = kind.leftovers(folder);
      const different = difference(found, expected);
      if (different !== undefined) fault = `differs: ${different}`;
      else if (left.length > 0) fault = `left behind: ${left.join(', ')}`;
    } catch (error) {
      fault = error.message;
    }
    tally.kills += kills.length;
    if (fault !== undefined) tally.failed++;
    else rmSync(folder, { recursive: true, force: true });
    const minutes = ((performance.now() - start) / 60_000).toFixed(1);
    console.log(
      `${name} ${tally.kills}/${wanted} | ${variant} | ${kills.join(', ') || 'not killed'} | ${fault ?? 'equal'} | ${minutes} min`,
    );
  }
  await kind.close?.();
  return tally;
}

/** The outcome of an uninterrupted command on one thread, and its duration in seconds. */
async function reference(kind, variant, index) {
  const folder = join(work, `reference-${index}`);
  await kind.prepare?.(folder);
  const start = performance.now();
  await runCommand(kind.command(folder, variant, 1));
  const seconds = (performance.now() - start) / 1000;
  const expected = await kind.outcome(folder, variant);
  rmSync(folder, { recursive: true, force: true });
  return { expected, seconds };
}

/** Mostly SIGKILL, and sometimes a signal on which a command saves. */
function pick() {
  const x = random.uniform();
  return x < 0.8 ? 'SIGKILL' : x < 0.9 ? 'SIGTERM' : 'SIGINT';
}

/** The first place at which two plain values differ, with both. */
function difference(found, expected, at = '') {
  if (typeof found !== 'object' || typeof expected !== 'object' || found === null || expected === null) {
    return Object.is(found, expected) ? undefined : `${at}: ${found}, without kills ${expected}`;
  }
  for (const key of new Set([...Object.keys(found), ...Object.keys(expected)])) {
    const different = difference(found[key], expected[key], `${at}/${key}`);
    if (different !== undefined) return different;
  }
  return undefined;
}

function usage(message) {
  console.error(message);
  process.exit(2);
}
