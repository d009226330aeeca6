// What a result has to be read with: processor, cores, memory, system, versions, date and command.
import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { basename, isAbsolute } from 'node:path';
import { workspace } from './workloads.js';

/** Where and when something was measured. */
export interface Circumstances {
  readonly date: string;
  /** The command line that does it again. */
  readonly command: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  /** The commit of this repository, with `+` where files had changed since; undefined outside of git. */
  readonly commit: string | undefined;
  /** Load average of the last minute before the start: well above 0 means that others were at work. */
  readonly load: number;
}

/** The present circumstances of a target of this project. */
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

/** A word of the command line; where somebody's files lie is of no interest to others. */
export function asWord(word: string): string {
  const short = isAbsolute(word) ? `…/${basename(word)}` : word;
  return /^[\w@%+=:,./…-]+$/.test(short) ? short : `'${short}'`;
}

/** One paragraph for people. */
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
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? '+' : '');
  } catch {
    return undefined;
  }
}
