// Conditions of a measurement: processor, memory, system, versions, date, command.
import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { basename, isAbsolute } from 'node:path';
import { workspace } from './workloads.js';

export interface Circumstances {
  readonly date: string;
  /** Command line that repeats the measurement. */
  readonly command: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  /** Commit of this repository, with `+` for uncommitted changes outside of the saved results; undefined outside git. */
  readonly commit: string | undefined;
  /** Load average of the minute before the start. */
  readonly load: number;
}

/** Current conditions, for a target of this project. */
export function circumstances(target: string): Circumstances {
  const given = process.argv.slice(2).map(asWord);
  return {
    date: new Date().toISOString().slice(0, 10),
    command: `npx nx run bench:${target}${given.length > 0 ? ` -- ${given.join(' ')}` : ''}`,
    processor: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    commit: commit(),
    load: Math.round(loadavg()[0] * 10) / 10,
  };
}

/** Quotes a command-line word; absolute paths are shortened to the file name. */
export function asWord(word: string): string {
  const short = isAbsolute(word) ? `…/${basename(word)}` : word;
  return /^[\w@%+=:,./…-]+$/.test(short) ? short : `'${short}'`;
}

export function describeCircumstances(c: Circumstances): string {
  const commit = c.commit === undefined ? '' : ` at ${c.commit}`;
  return (
    `${c.processor}, ${c.cores} cores, ${c.memoryGB} GB, ${c.system}, Node ${c.node}; ${c.date}${commit}, ` +
    `load average before ${c.load.toFixed(1)}.`
  );
}

function commit(): string | undefined {
  const git = (...words: string[]): string =>
    execFileSync('git', words, {
      cwd: workspace,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--', '.', ':!tools/bench/results') ? '+' : '')
    );
  } catch {
    return undefined;
  }
}
