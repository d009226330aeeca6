// A sweep: several runs that differ from one base in what their names say. It comes from the list of built-in
// ones or from a small JSON file. What is here turns either into the whole settings of each run.
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { describeFlags, flagName, resolveUserPath } from '@lilformer/command-line';
import { z } from 'zod';
import { PRESETS, presetNamed } from './presets.js';
import { checkSettings, DEFAULTS, settingsSchema, type Settings } from './settings.js';
import { SWEEPS } from './sweeps.js';

/** What a sweep's file holds. */
const sweepFile = z.strictObject({
  /** One line on what it is to show. */
  about: z.string('expected a text').optional(),
  /** What all runs start from. */
  preset: z.string('expected the name of a preset').optional(),
  /** What all runs have that the preset has not. */
  settings: z.record(z.string(), z.unknown(), 'expected settings by their names').optional(),
  /** Each run by its name: how it differs. It may start from a preset of its own. */
  runs: z.record(
    z.string(),
    z.record(z.string(), z.unknown(), 'expected settings by their names, and perhaps a preset'),
    'expected runs by their names',
  ),
  /** Columns of numbers to compare with: heading, run, number. */
  beside: z.record(z.string(), z.record(z.string(), z.number('expected a number'))).optional(),
  /** Runs that spend the same computation, by what they have in common: their best size is looked for. */
  budgets: z.record(z.string(), z.array(z.string())).optional(),
  /** A prompt whose attention is drawn for some of the runs. */
  attention: z.strictObject({ prompt: z.string(), runs: z.array(z.string()) }).optional(),
});

export type SweepFile = z.infer<typeof sweepFile>;

/** Stands for the run with the lowest validation loss. */
export const BEST = 'best';

/** One run of a sweep, with all its settings. */
export interface SweepRun {
  readonly name: string;
  /** Its folder's name. */
  readonly folder: string;
  readonly preset: string;
  readonly settings: Settings;
  /** How it differs from what all runs share. */
  readonly differences: Readonly<Record<string, unknown>>;
}

export interface Sweep extends Pick<SweepFile, 'about' | 'beside' | 'budgets' | 'attention'> {
  readonly name: string;
  /** The settings that the differences are differences from. */
  readonly base: Settings;
  readonly runs: readonly SweepRun[];
}

/** The built-in sweep of this name. @throws Error naming those there are */
export function sweepNamed(name: string): SweepFile {
  if (Object.hasOwn(SWEEPS, name)) return SWEEPS[name];
  throw new Error(`--preset ${name}: expected one of ${Object.keys(SWEEPS).join(', ')}, or --file FILE`);
}

/** Reads a sweep's file. @throws Error saying what in it is not as expected */
export async function readSweep(path: string): Promise<SweepFile> {
  const absolute = resolveUserPath(path);
  let text: string;
  try {
    text = await readFile(absolute, 'utf8');
  } catch (error) {
    throw new Error(`--file ${path}: expected a file of JSON; there is none at ${absolute}`, {
      cause: error,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`--file ${path}: expected JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = sweepFile.safeParse(json);
  if (result.success) return result.data;
  const lines = result.error.issues.map(
    (issue) => `--file ${path}: ${issue.path.join('.') || 'at the top'}: ${issue.message}`,
  );
  throw new Error(lines.join('\n'));
}

/**
 * The runs of a sweep with all their settings; `typed` counts over what all runs share, not over what makes them
 * differ.
 * @throws Error with one line a mistake, naming the run
 */
export function resolveSweep(
  name: string,
  file: SweepFile,
  typed: Readonly<Record<string, unknown>> = {},
): Sweep {
  const { preset = 'stories', settings: shared = {}, runs, ...rest } = file;
  const wrong: string[] = [];
  const attempt = <T>(what: string, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      wrong.push(...(error as Error).message.split('\n').map((line) => `${what}: ${line}`));
      return undefined;
    }
  };
  const settle = (own: string, differences: Readonly<Record<string, unknown>>) => {
    if (!Object.hasOwn(PRESETS, own)) presetNamed(own);
    refuseUnknown({ ...shared, ...differences });
    return checkSettings({ ...DEFAULTS, ...presetNamed(own).settings, ...shared, ...typed, ...differences });
  };
  const base = attempt(`sweep ${name}`, () => settle(preset, {}));
  const settled = Object.entries(runs).flatMap(([run, { preset: its, ...differences }]): SweepRun[] => {
    const own = typeof its === 'string' ? its : preset;
    const settings = attempt(`run "${run}"`, () => settle(own, differences));
    return settings ? [{ name: run, folder: folderOf(run), preset: own, settings, differences }] : [];
  });
  if (Object.keys(runs).length === 0) wrong.push(`sweep ${name}: expected at least one run`);
  const known = new Set(Object.keys(runs));
  const named = [
    ...(rest.attention?.runs ?? []).filter((run) => run !== BEST),
    ...Object.values(rest.beside ?? {}).flatMap(Object.keys),
    ...Object.values(rest.budgets ?? {}).flat(),
  ];
  for (const run of new Set(named)) {
    if (!known.has(run)) wrong.push(`sweep ${name}: no run is called "${run}"`);
  }
  for (const [i, run] of settled.entries()) {
    const twin = settled.slice(0, i).find(({ settings }) => isDeepStrictEqual(settings, run.settings));
    if (twin) wrong.push(`runs "${twin.name}" and "${run.name}": expected settings that differ`);
  }
  const folders = new Map<string, string>();
  for (const { name: run, folder } of settled) {
    const other = folders.get(folder);
    if (other !== undefined)
      wrong.push(`runs "${other}" and "${run}": expected names that differ in letters`);
    folders.set(folder, run);
  }
  if (wrong.length > 0 || !base) throw new Error([...new Set(wrong)].join('\n'));
  return { ...rest, name, base, runs: settled };
}

/** A sweep with some of its runs only. @throws Error naming those there are */
export function onlyRuns(file: SweepFile, names: readonly string[] | undefined): SweepFile {
  if (names === undefined) return file;
  const unknown = names.find((name) => !Object.hasOwn(file.runs, name));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: expected one of ${Object.keys(file.runs).join(', ')}`);
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

/** Misspelled settings would otherwise be runs that do not differ. */
function refuseUnknown(settings: Readonly<Record<string, unknown>>): void {
  const known = [...describeFlags(settingsSchema).keys()] as string[];
  const unknown = Object.keys(settings).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const asTyped = (name: string) => known.find((its) => flagName(its) === `--${name.replace(/^--/, '')}`);
  throw new Error(
    unknown
      .map((name) => `${name}: no such setting${asTyped(name) ? `; write it ${asTyped(name)}` : ''}`)
      .join('\n'),
  );
}

/** `n_head=1` as a folder: `n_head-1`. */
function folderOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9._]+/g, '-')
      .replace(/^[-.]+|-+$/g, '') || 'run'
  );
}
