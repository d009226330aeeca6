// How far each run of a sweep has come, as its folder says, and what is left to do about it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from '@lilformer/checkpoints';
import { flagName } from '@lilformer/command-line';
import { CHANGEABLE } from './command-line.js';
import { presetNamed } from './presets.js';
import { loadResult, type RunResult } from './result.js';
import { DEFAULTS, type Settings } from './settings.js';
import type { SweepRun } from './sweep.js';

/** What is to be done about a run. */
export interface Task {
  readonly run: SweepRun;
  readonly path: string;
  /** Arguments of the trainer that make or go on with it; none when it is done. */
  readonly args: readonly string[] | undefined;
  /** Steps it has made. */
  readonly step: number;
}

/**
 * Looks into the folder of a run.
 * @throws Error when it holds a run with other settings
 */
export async function taskOf(run: SweepRun, path: string): Promise<Task> {
  if (!existsSync(join(path, 'config.json'))) return { run, path, step: 0, args: startArguments(run, path) };
  const folder = await RunFolder.open(path);
  // A setting that is younger than the run had its default then.
  const had: Settings = { ...DEFAULTS, ...(folder.config as { settings?: Partial<Settings> }).settings };
  const names = new Set([...Object.keys(run.settings), ...Object.keys(had)]) as Set<keyof Settings>;
  const other = [...names].filter((name) => !CHANGEABLE.includes(name) && had[name] !== run.settings[name]);
  if (other.length > 0) {
    const list = other.map(
      (name) => `${flagName(name)} ${String(had[name])} there, ${String(run.settings[name])} asked for`,
    );
    throw new Error(
      `${path}: holds a run with other settings (${list.join('; ')}); take another --runs folder, or remove it`,
    );
  }
  const result = await loadResult(path);
  if (result && isDone(result, run.settings)) return { run, path, step: result.step, args: undefined };
  const step = Number((await folder.readMetrics()).at(-1)?.step ?? 0);
  return { run, path, step, args: resumeArguments(run, path) };
}

/** A run is done unless it is to be longer now. */
function isDone({ reason, step, epoch }: RunResult, { maxSteps, epochs }: Settings): boolean {
  if (reason === 'earlyStop') return true;
  return reason === 'steps' ? maxSteps > 0 && step >= maxSteps : epochs > 0 && epoch >= epochs;
}

function startArguments({ preset, settings }: SweepRun, path: string): string[] {
  const otherwise: Partial<Settings> = { ...DEFAULTS, ...presetNamed(preset).settings };
  return [
    ...['train', '--preset', preset, '--run', path],
    ...Object.entries(settings).flatMap(([name, value]) =>
      value === undefined || value === otherwise[name as keyof Settings]
        ? []
        : [`${flagName(name)}=${String(value)}`],
    ),
  ];
}

function resumeArguments({ settings }: SweepRun, path: string): string[] {
  return [
    ...['train', '--resume', path],
    ...CHANGEABLE.flatMap((name) => {
      const value = settings[name];
      return value === undefined ? [] : [`${flagName(name)}=${String(value)}`];
    }),
  ];
}
