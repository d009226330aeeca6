// `sweep`: trains several runs, each in a process of its own; skips those that are done, resumes those that were interrupted,
// and writes a report.
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  displayPath,
  shellCommand,
  corpusProgress,
  resolveUserPath,
  EXIT_INTERRUPTED,
  type Terminal,
} from '@lilformer/command-line';
import { openCorpus } from '@lilformer/datasets';
import { formatDuration, formatLoss } from '@lilformer/training';
import type { SweepCommand } from '../command-line.js';
import { corpusOptions } from '../settings/training-options.js';
import { timeNotice } from '../expected-time.js';
import { runProcess } from './run-process.js';
import { writeReport } from './sweep-report.js';
import { readResult } from './sweep-results.js';
import { SweepProgress } from './sweep-progress.js';
import { taskOf, type Task } from './sweep-runs.js';
import { onlyRuns, readSweep, resolveSweep, sweepNamed } from './sweep.js';

/** Trains the remaining runs of a sweep and writes its report; returns the exit code. */
export async function sweepCommand(
  { preset = '', file, only, seeds, runs, report, jobs, import: imports = [], typed }: SweepCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const name = file === undefined ? preset : file.replace(/^.*[/\\]|\.json$/g, '');
  const read = onlyRuns(file === undefined ? sweepNamed(preset) : await readSweep(file), only);
  const given = seeds === undefined ? read : { ...read, seeds };
  const cores = availableParallelism();
  const planned = resolveSweep(name, given, typed);
  const left = planned.runs.length;
  const share = shareCores({ jobs, threads: planned.base.threads, cores, left });
  const sweep = resolveSweep(name, given, typed, { threads: share.threads });
  const folder = resolveUserPath(runs ?? join('runs', name));
  const tasks = await Promise.all(sweep.runs.map((run) => taskOf(run, join(folder, run.folder))));
  const importArguments = imports.flatMap((module) => ['--import', resolveUserPath(module)]);
  await mkdir(folder, { recursive: true });
  terminal.note(
    `Sweep ${name}${sweep.about ? `: ${sweep.about}` : ''}\n` +
      `${tasks.length} runs in ${displayPath(folder)}, ${share.jobs} at a time with ` +
      `${share.threads} thread${share.threads === 1 ? '' : 's'} each, on ${cores} cores`,
  );
  await fetchTexts(tasks, terminal, signal);
  const failures = await trainAll(tasks, share.jobs, importArguments, terminal, signal);
  if (signal.aborted) {
    terminal.note('\nAll runs are saved. The same command resumes them.');
    return EXIT_INTERRUPTED;
  }
  for (const line of failures) terminal.print(line);
  if (failures.length > 0) {
    terminal.print(
      '\nNo report: some runs failed. The same command repeats them and skips those that are done.',
    );
    return 1;
  }
  const results = await Promise.all(tasks.map(({ run, path }) => readResult(run, path)));
  const to = resolveUserPath(report ?? folder);
  const table = await writeReport(sweep, results, to, {
    ...share,
    command: shellCommand('sweep'),
  });
  terminal.print(`\n${table}\n\nReport: ${displayPath(join(to, 'README.md'))}`);
  return 0;
}

/**
 * Chooses how many runs train at a time, with how many threads each. One run per core with one thread each is fastest.
 * @throws Error when this needs more threads than there are cores
 */
export function shareCores(asked: {
  readonly jobs: number | undefined;
  readonly threads: number | undefined;
  readonly cores: number;
  readonly left: number;
}): { jobs: number; threads: number } {
  const { cores, left } = asked;
  const jobs =
    asked.jobs ?? Math.max(1, Math.min(left, asked.threads ? Math.floor(cores / asked.threads) : cores));
  const threads = asked.threads ?? Math.max(1, Math.floor(cores / jobs));
  if (jobs * threads > cores) {
    throw new Error(
      asked.threads === undefined
        ? `--jobs: ${jobs}. Expected at most the number of cores, ${cores}.`
        : `--threads: ${threads} for each of ${jobs} run${jobs === 1 ? '' : 's'} at a time. Expected at most ${cores} threads together, the number of cores.`,
    );
  }
  return { jobs, threads };
}

/** Downloads the texts once, before several processes need them. */
async function fetchTexts(tasks: readonly Task[], terminal: Terminal, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  for (const { run, args } of tasks) {
    const { data, valid } = run.settings;
    if (args === undefined || seen.has(`${data}\n${valid}`)) continue;
    seen.add(`${data}\n${valid}`);
    await openCorpus(
      { ...corpusOptions(run.settings), baseFolder: resolveUserPath('.') },
      { signal, onProgress: corpusProgress(terminal) },
    );
  }
}

/** Trains `jobs` runs at a time; returns a line for each that failed. */
async function trainAll(
  tasks: readonly Task[],
  jobs: number,
  importArguments: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string[]> {
  const failures: string[] = [];
  const progress = new SweepProgress(tasks);
  const announce = timeNotice(terminal);
  for (const { run, args } of tasks) if (!args) terminal.note(`skip ${run.name} | done before`);
  const queue = tasks.filter(({ args }) => args !== undefined);
  const worker = async () => {
    for (let task = queue.shift(); task && !signal.aborted; task = queue.shift()) {
      const { run, path, args, step } = task;
      const started = performance.now();
      progress.started(task);
      terminal.note(`${step > 0 ? `resume ${run.name} | from step ${step}` : `start ${run.name}`}`);
      let best = '';
      try {
        const end = await runProcess([...args!, ...importArguments], `${path}.log`, signal, (event) => {
          progress.observe(task!, event);
          if (event.type === 'step') announce(progress.eta());
          if (event.type === 'done' && event.best) best = `valid ${formatLoss(event.best.loss)} | `;
          terminal.progress(progress.line());
        });
        if (end === 'interrupted') return;
        progress.ended(task);
        const took = formatDuration((performance.now() - started) / 1000);
        terminal.note(`done ${run.name} | ${best}${took} | ${progress.count()}`);
      } catch (error) {
        progress.ended(task);
        failures.push(`failed ${run.name}: ${(error as Error).message}`);
        terminal.print(`failed ${run.name}`);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return failures;
}
