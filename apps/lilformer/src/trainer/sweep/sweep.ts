// Sweeps: several runs that differ from a base in a few settings, built in or from a JSON file.
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { resolveUserPath } from '@lilformer/command-line';
import { z } from 'zod';
import { presetNamed } from '../settings/presets.js';
import { resolveSettings, type GivenSettings, type Settings } from '../settings/settings.js';
import { SWEEPS } from './sweeps.js';

/** The contents of a sweep's file. */
const sweepFile = z.strictObject({
  /** One line about its purpose. */
  about: z.string('expected a text').optional(),
  /** The preset of all runs. */
  preset: z.string('expected the name of a preset').optional(),
  /** Settings of all runs that have them. */
  settings: z.record(z.string(), z.unknown(), 'expected settings by their names').optional(),
  /** The settings in which each run differs, and its preset if it has one of its own. */
  runs: z.record(
    z.string(),
    z.record(z.string(), z.unknown(), 'expected settings by their names, and perhaps a preset'),
    'expected runs by their names',
  ),
  /** Trains every run with each of these seeds; the first is that of figures and samples. */
  seeds: z.array(z.int('expected a whole number').min(0)).min(1, 'expected at least one seed').optional(),
  /** Adds a column of the mean loss of training batches over so many last steps. */
  lastSteps: z.int('expected a whole number').min(1).optional(),
  /** Further columns of the table: heading, run, number. */
  beside: z.record(z.string(), z.record(z.string(), z.number('expected a number'))).optional(),
  /** Names of runs with equal training FLOPs, by budget. */
  budgets: z.record(z.string(), z.array(z.string())).optional(),
  /** Runs whose attention on a prompt is drawn. */
  attention: z.strictObject({ prompt: z.string(), runs: z.array(z.string()) }).optional(),
});

export type SweepFile = z.infer<typeof sweepFile>;

/** Name that stands for the run with the lowest validation loss. */
export const BEST = 'best';

/** One run of a sweep. */
export interface SweepRun {
  readonly name: string;
  /** Name of its folder. */
  readonly folder: string;
  readonly preset: string;
  readonly settings: Settings;
  /** Name of the run that it repeats with another seed. */
  readonly repeats?: string;
}

export interface Sweep extends Pick<SweepFile, 'about' | 'beside' | 'budgets' | 'attention' | 'lastSteps'> {
  readonly name: string;
  /** The settings without those of a single run. */
  readonly base: Settings;
  readonly runs: readonly SweepRun[];
}

/** The built-in sweep of this name. @throws Error naming all of them */
export function sweepNamed(name: string): SweepFile {
  if (Object.hasOwn(SWEEPS, name)) return SWEEPS[name];
  throw new Error(`--preset: no ${name}. Expected one of ${Object.keys(SWEEPS).join(', ')}, or --file FILE.`);
}

/** Reads a sweep's file. @throws Error naming what is wrong in it */
export async function readSweep(path: string): Promise<SweepFile> {
  const absolute = resolveUserPath(path);
  let text: string;
  try {
    text = await readFile(absolute, 'utf8');
  } catch (error) {
    throw new Error(`--file: ${absolute} is not there. Expected a JSON file.`, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`--file: ${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = sweepFile.safeParse(json);
  if (result.success) return result.data;
  const lines = result.error.issues.map(
    (issue) => `--file: ${path}: ${issue.path.join('.') || 'top level'}: ${issue.message}`,
  );
  throw new Error(lines.join('\n'));
}

/**
 * Resolves the settings of all runs of a sweep.
 *
 * @param typed settings for all runs; like those of the file, they apply to the runs that have them
 * @param defaults settings that presets, file and `typed` override
 * @throws Error with one line per mistake, naming the run
 */
export function resolveSweep(
  name: string,
  file: SweepFile,
  typed: GivenSettings = {},
  defaults: GivenSettings = {},
): Sweep {
  const { preset = 'stories', settings = {}, runs, seeds, ...rest } = file;
  const shared: GivenSettings = { ...settings, ...typed };
  const mistakes: string[] = [];
  const attempt = <T>(what: string, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      mistakes.push(...(error as Error).message.split('\n').map((line) => `${what}: ${line}`));
      return undefined;
    }
  };
  const resolve = (own: string, differences: GivenSettings) => {
    const base = { ...defaults, ...presetNamed(own).settings, ...shared };
    return resolveSettings(differences, base).settings;
  };
  const base = attempt(`sweep ${name}`, () => resolve(preset, {}));
  const resolved = Object.entries(runs).flatMap(
    ([run, { preset: own = preset, ...differences }]): SweepRun[] => {
      if (seeds && differences.seed !== undefined) {
        mistakes.push(`run "${run}": seed in a sweep with seeds. Expected one of the two.`);
      }
      const settings = attempt(`run "${run}"`, () => resolve(String(own), differences));
      if (!settings) return [];
      const made = { name: run, folder: folderOf(run), preset: String(own), settings };
      if (seeds === undefined) return [made];
      return seeds.map((seed, i): SweepRun => {
        const seeded = { ...made, settings: { ...settings, seed } };
        if (i === 0) return seeded;
        const name = `${run}, seed ${seed}`;
        return { ...seeded, name, folder: `${made.folder}-seed-${seed}`, repeats: run };
      });
    },
  );
  if (seeds && typed.seed !== undefined) mistakes.push('--seed: with --seeds. Expected one of the two.');
  if (Object.keys(runs).length === 0) mistakes.push(`sweep ${name}: no runs. Expected at least one.`);
  for (const setting of mistakes.length > 0 ? [] : Object.keys(shared)) {
    if (resolved.some(({ settings }) => settings[setting] !== undefined)) continue;
    const others = { ...presetNamed(preset).settings, ...shared };
    attempt(`sweep ${name}`, () => resolveSettings({ [setting]: shared[setting] }, others));
  }
  const named = [
    ...(rest.attention?.runs ?? []).filter((run) => run !== BEST),
    ...Object.values(rest.beside ?? {}).flatMap(Object.keys),
    ...Object.values(rest.budgets ?? {}).flat(),
  ];
  for (const run of new Set(named)) {
    if (!Object.hasOwn(runs, run)) mistakes.push(`sweep ${name}: no run has the name "${run}".`);
  }
  for (const [i, run] of resolved.entries()) {
    for (const other of resolved.slice(0, i)) {
      const both = `runs "${other.name}" and "${run.name}"`;
      if (isDeepStrictEqual(other.settings, run.settings)) {
        mistakes.push(`${both}: equal settings. Expected settings that differ.`);
      }
      if (other.folder === run.folder) {
        mistakes.push(`${both}: equal folder names. Expected names that differ in letters or digits.`);
      }
    }
  }
  if (mistakes.length > 0 || !base) throw new Error([...new Set(mistakes)].join('\n'));
  return { ...rest, name, base: { ...base, ...(seeds && { seed: seeds[0] }) }, runs: resolved };
}

/** A sweep with only some of its runs. @throws Error naming all of them */
export function onlyRuns(file: SweepFile, names: readonly string[] | undefined): SweepFile {
  if (names === undefined) return file;
  const unknown = names.find((name) => !Object.hasOwn(file.runs, name));
  if (unknown !== undefined) {
    throw new Error(`--only: no run ${unknown}. Expected one of ${Object.keys(file.runs).join(', ')}.`);
  }
  const kept = <T>(runs: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(runs).filter(([name]) => names.includes(name)));
  const { attention, beside, budgets } = file;
  return {
    ...file,
    runs: kept(file.runs),
    beside:
      beside && Object.fromEntries(Object.entries(beside).map(([heading, runs]) => [heading, kept(runs)])),
    budgets:
      budgets &&
      Object.fromEntries(
        Object.entries(budgets).map(([name, runs]) => [name, runs.filter((run) => names.includes(run))]),
      ),
    attention: attention && {
      ...attention,
      runs: attention.runs.filter((name) => names.includes(name) || name === BEST),
    },
  };
}

/** Folder name of a run: `n_head-1` for `n_head=1`. */
function folderOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9._]+/g, '-')
      .replace(/^[-.]+|-+$/g, '') || 'run'
  );
}
