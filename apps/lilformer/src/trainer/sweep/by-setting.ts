// Groups the runs of a sweep that differ from the base in one setting, and tabulates their measurements.
import { flagName, type Table } from '@lilformer/command-line';
import type { Settings } from '../settings/settings.js';
import { noiseOf, seedLosses, type SeedLosses } from './seeds.js';
import { isQuiet, type SweepResult } from './sweep-results.js';
import type { Sweep } from './sweep.js';

/** The base and the runs that change this one setting, ordered by value. */
export interface SettingGroup {
  readonly setting: string;
  readonly points: readonly {
    readonly value: unknown;
    readonly result: SweepResult;
    /** Best validation loss over the seeds. */
    readonly losses: SeedLosses;
  }[];
  /** Largest minus smallest mean of the best validation losses. */
  readonly spread: number;
}

export const validationLoss = ({ best }: SweepResult): number => best.validationLoss;

export function bestOf(results: readonly SweepResult[]): SweepResult {
  return results.reduce((best, result) => (validationLoss(result) < validationLoss(best) ? result : best));
}

/** One group per setting that some run changes alone, largest spread first; undefined without a base run. */
export function groupBySetting(
  sweep: Pick<Sweep, 'base'>,
  all: readonly SweepResult[],
): { base: SweepResult; groups: SettingGroup[] } | undefined {
  const results = all.filter(({ run }) => run.repeats === undefined);
  const changed = results.map((result) => changedSettings(sweep.base, result.run.settings));
  const base = results[changed.findIndex((names) => names.length === 0)];
  if (!base) return undefined;
  const settings = [...new Set(changed.flatMap((names) => (names.length === 1 ? names : [])))];
  const groups = settings.map((setting): SettingGroup => {
    const points = results
      .filter((result, i) => result === base || (changed[i].length === 1 && changed[i][0] === setting))
      .map((result) => ({
        value: result.run.settings[setting],
        result,
        losses: seedLosses(result, all),
      }))
      .sort((a, b) => compare(a.value, b.value));
    const losses = points.map(({ losses }) => losses.mean);
    return { setting, points, spread: Math.max(...losses) - Math.min(...losses) };
  });
  return { base, groups: groups.sort((a, b) => b.spread - a.spread) };
}

function changedSettings(base: Settings, settings: Settings): string[] {
  return Object.keys({ ...base, ...settings }).filter((name) => settings[name] !== base[name]);
}

function compare(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

/** One row per value of each setting, compared with the base run; times only where all runs were quiet. */
export function settingTable(base: SweepResult, groups: readonly SettingGroup[]): Table {
  const points = groups.flatMap((group) => group.points);
  const timed = points.every(({ result }) => isQuiet(result));
  const baseLoss = points.find(({ result }) => result === base)?.losses.mean;
  return {
    headings: [
      ...['setting', 'value', 'best', 'vs base', 'parameters', ...(timed ? ['time'] : [])],
      ...['valid − train', 'spread'],
    ],
    rows: groups.flatMap(({ setting, points, spread }) =>
      points.map(({ value, result, losses }, i) => {
        const { last, parameters, seconds } = result;
        return [
          i === 0 ? flagName(setting) : '',
          String(value),
          losses.mean.toFixed(4),
          result === base ? '-' : signed(losses.mean - baseLoss!),
          `${(parameters / base.parameters).toFixed(2)}×`,
          ...(timed ? [`${(seconds / base.seconds).toFixed(2)}×`] : []),
          last.trainLoss === undefined ? '-' : signed(last.validationLoss - last.trainLoss),
          i === 0 ? spread.toFixed(4) : '',
        ];
      }),
    ),
  };
}

export const ABOUT_SWEET_SPOTS =
  'For each setting the values that are not distinguishable from the one with the lowest loss: `noise` is the largest spread of the ' +
  'seeds of a value or, with one seed, 1 % of the lowest loss. `to the next` is the distance from the lowest loss to the lowest ' +
  'loss of the other values.';

/** One row per setting: its best value, or values, as far as differences exceed noise. */
export function sweetSpotTable(groups: readonly SettingGroup[]): Table {
  return {
    headings: ['setting', 'tried', 'sweet spot', 'lowest loss', 'to the next', 'noise'],
    rows: groups.map(({ setting, points }) => {
      const lowest = Math.min(...points.map(({ losses }) => losses.mean));
      const noise = noiseOf(points.map(({ losses }) => losses));
      const [equal, others] = [true, false].map((wanted) =>
        points.filter(({ losses }) => losses.mean - lowest < noise === wanted),
      );
      const next = Math.min(...others.map(({ losses }) => losses.mean));
      return [
        flagName(setting),
        points.map(({ value }) => String(value)).join(', '),
        equal.map(({ value }) => String(value)).join(', '),
        lowest.toFixed(4),
        others.length === 0 ? '-' : signed(next - lowest),
        noise.toFixed(4),
      ];
    }),
  };
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
