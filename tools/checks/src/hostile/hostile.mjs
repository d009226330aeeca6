// Damages valid files of every format and reads them: each is read or refused with an error that names the file, within a second of
// processor time per 10 MB and four times the file's size plus 64 MB of memory, and never ends the process (SECURITY.md).
//
// `npx nx run checks:hostile -- --cases N --seed S [--format NAMES] [--case I]`
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '@lilformer/engine';
import { READERS } from './readers.mjs';
import { writeSamples } from './samples.mjs';

/** A case that takes longer, in milliseconds, is a hang. */
const HANG = 20_000;

const { values: flags } = parseArgs({
  options: {
    cases: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string', default: Object.keys(READERS).join(',') },
    case: { type: 'string' },
  },
});
const number = (name) => {
  const value = Number(flags[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: ${flags[name]}. Expected a whole number of at least 0.`);
  process.exit(2);
};
const [cases, seed] = [number('cases'), number('seed')];
const formats = flags.format.split(',');
for (const format of formats) {
  if (Object.hasOwn(READERS, format)) continue;
  console.error(`--format: ${format}. Expected ${Object.keys(READERS).join(', ')}.`);
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'lilformer-hostile-'));
const samples = join(work, 'samples');
await openEngine();
await writeSamples(samples);
const queue = [...formats];
let broken = 0;
const workers = Array.from({ length: Math.min(availableParallelism(), queue.length) }, async () => {
  for (let format = queue.shift(); format !== undefined; format = queue.shift()) {
    const count = await check(format);
    broken += count;
  }
});
await Promise.all(workers);
if (broken === 0) rmSync(work, { recursive: true });
console.log(`${broken} broke the rule (seed ${seed})`);
process.exitCode = broken > 0 ? 1 : 0;

/** Runs all cases of a format and prints what broke the rule; returns the number of such cases. */
async function check(format) {
  const [first, end] = flags.case === undefined ? [0, cases] : [number('case'), number('case') + 1];
  const start = performance.now();
  let faulty = 0;
  for (let next = first; next < end;) {
    const { done, faults } = await runChild(format, next, end);
    for (const { index, path, fault } of faults) {
      console.log(`${format} case ${index}: ${fault}\n  ${path}`);
    }
    faulty += new Set(faults.map(({ index }) => index)).size;
    next = done;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${format}: ${end - first} cases, ${faulty} broke the rule, ${seconds} s`);
  return faulty;
}

/** Runs cases from `first` in a process of its own, up to `end` or to the first that ends it. */
function runChild(format, first, end) {
  return new Promise((resolve) => {
    const child = fork(
      join(import.meta.dirname, 'child.mjs'),
      [samples, work, format, String(seed), String(first), String(end)],
      {
        execArgv: [
          '--expose-gc',
          '--max-old-space-size=1024',
          '--conditions=@lilformer/source',
          '--import',
          'tsx',
        ],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    const faults = [];
    let [current, path, errors] = [undefined, '', ''];
    let timer;
    let hung = false;
    child.stderr.on('data', (text) => (errors = (errors + text).slice(-2000)));
    child.on('message', (message) => {
      clearTimeout(timer);
      if (message.begin !== undefined) {
        [current, path] = [message.begin, message.path];
        timer = setTimeout(() => {
          hung = true;
          child.kill('SIGKILL');
        }, HANG);
      } else {
        for (const fault of message.faults) faults.push({ index: message.end, path: message.path, fault });
        current = undefined;
      }
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve({ done: end, faults });
      if (current === undefined) {
        console.error(errors);
        console.error(`${format}: the reading process ended by itself (${signal ?? code})`);
        process.exit(1);
      }
      const fault = hung
        ? `not done after ${HANG / 1000} s`
        : `ended the process (${signal ?? code}): ${errors.slice(-400)}`;
      faults.push({ index: current, path, fault });
      resolve({ done: current + 1, faults });
    });
  });
}
