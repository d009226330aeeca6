// The state of each run of a sweep, from its folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from '@lilformer/checkpoints';
import { flagName } from '@lilformer/command-line';
import { CHANGEABLE } from '../command-line.js';
import { presetNamed } from '../settings/presets.js';
import { loadResult, type RunResult } from '../train/result.js';
import { resolveSettings, type Settings } from '../settings/settings.js';
import type { SweepRun } from './sweep.js';

/** What remains to do for a run. */
export interface Task {
  readonly run: SweepRun;
  readonly path: string;
  /** Arguments of the trainer that start or resume it; undefined when it is done. */
  readonly args: readonly string[] | undefined;
  /** Steps so far. */
  readonly step: number;
}

/**
 * Reads the state of a run from its folder.
 * @throws Error when the folder has a run with other settings
 */
export async function taskOf(run: SweepRun, path: string): Promise<Task> {
  if (!existsSync(join(path, 'config.json'))) return { run, path, step: 0, args: startArguments(run, path) };
  const folder = await RunFolder.open(path);
  const saved = resolveSettings({}, (folder.config as { settings: Settings }).settings).settings;
  const other = Object.keys({ ...saved, ...run.settings }).filter(
    (name) => !CHANGEABLE.includes(name) && saved[name] !== run.settings[name],
  );
  if (other.length > 0) {
    const list = other.map(
      (name) => `${flagName(name)} ${String(saved[name])} instead of ${String(run.settings[name])}`,
    );
    throw new Error(
      `${path}: has a run with other settings: ${list.join(', ')}. Remove it, or give another --runs folder.`,
    );
  }
  const result = await loadResult(path);
  if (result && isDone(result, run.settings)) return { run, path, step: result.step, args: undefined };
  const step = Number((await folder.readMetrics()).at(-1)?.step ?? 0);
  return { run, path, step, args: resumeArguments(run, path) };
}

/** Whether a run has ended, also with a limit that has been raised. */
function isDone({ reason, step, epoch }: RunResult, { maxSteps, maxEpochs }: Settings): boolean {
  if (reason === 'earlyStopping') return true;
  return reason === 'maxSteps' ? maxSteps > 0 && step >= maxSteps : maxEpochs > 0 && epoch >= maxEpochs;
}

function startArguments({ preset, settings }: SweepRun, path: string): string[] {
  const base = resolveSettings({}, presetNamed(preset).settings).settings;
  const changed = Object.keys(settings).filter((name) => settings[name] !== base[name]);
  return ['train', '--preset', preset, '--run', path, ...flagsOf(settings, changed)];
}

function resumeArguments({ settings }: SweepRun, path: string): string[] {
  return ['train', '--resume', path, ...flagsOf(settings, CHANGEABLE)];
}

function flagsOf(settings: Settings, names: readonly string[]): string[] {
  return names
    .filter((name) => settings[name] !== undefined)
    .map((name) => `${flagName(name)}=${String(settings[name])}`);
}
