// Reads damaged files, one case after the other, and reports each to the parent process, which ends this one when a case hangs.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openEngine } from '@lilformer/engine';
import { damagedFile } from './mutations.mjs';
import { faultOf, READERS } from './readers.mjs';
import { filesBelow } from './samples.mjs';

const MB = 2 ** 20;
const [samples, work, format, seed, first, end] = process.argv.slice(2);
await openEngine();
const { names, read } = READERS[format];
const files = filesBelow(join(samples, format));
const targets = files.filter(([name]) => names.test(name));
const others = files.map(([, bytes]) => bytes);

// Everything is compiled and allocated once before it is measured.
for (const [name] of targets) {
  for (const reader of read) {
    await Promise.resolve(reader(join(samples, format, name))).catch((error) => {
      if (read.length === 1 && format !== 'pytorch')
        throw new Error(`${name}: the sample itself fails`, { cause: error });
    });
  }
}

for (let index = Number(first); index < Number(end); index++) {
  const [name, bytes] = targets[index % targets.length];
  const damaged = damagedFile(bytes, others, Number(seed), index);
  const folder = join(work, `${format}-${index}`);
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  cpSync(dirname(join(samples, format, name)), dirname(path), { recursive: true });
  writeFileSync(path, damaged);
  process.send({ begin: index, path });
  const faults = [];
  for (const [i, reader] of read.entries()) {
    let found = await measure(reader, path, damaged.length);
    if (found.some(({ again }) => again)) {
      globalThis.gc(); // memory of earlier cases, or a slow machine: measured once more
      found = await measure(reader, path, damaged.length);
    }
    faults.push(...found.map(({ fault }) => `reader ${i}: ${fault}`));
  }
  if (faults.length === 0) rmSync(folder, { recursive: true });
  process.send({ end: index, path, faults });
}
process.disconnect();

/** Reads a file and returns what breaks the rule; `again`: what may have another cause. */
async function measure(reader, path, size) {
  const faults = [];
  const before = resident();
  const { user, system } = process.cpuUsage();
  try {
    await reader(path);
  } catch (error) {
    const fault = faultOf(error, path);
    if (fault !== undefined) faults.push({ fault });
  }
  const used = process.cpuUsage();
  const seconds = (used.user + used.system - user - system) / 1e6;
  if (seconds > 1 + size / (10 * MB)) {
    faults.push({ fault: `${seconds.toFixed(1)} s of processor time`, again: true });
  }
  const grown = peak() - before;
  if (grown > 64 * MB + 4 * size)
    faults.push({ fault: `${(grown / MB).toFixed(0)} MB of memory`, again: true });
  return faults;
}

/** Resident memory in bytes; starts a new measurement of its peak. */
function resident() {
  if (process.platform !== 'linux') return Infinity;
  writeFileSync('/proc/self/clear_refs', '5');
  return process.memoryUsage.rss();
}

function peak() {
  if (process.platform !== 'linux') return 0;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
