// Groups the runs of a sweep that differ from the base in one setting, and tabulates their measurements.
import { flagName, type Table } from '@lilformer/command-line';
import type { Settings } from '../settings/settings.js';
import type { SweepResult } from './sweep-results.js';
import type { Sweep } from './sweep.js';

/** The base and the runs that change this one setting, ordered by value. */
export interface SettingGroup {
  readonly setting: string;
  readonly points: readonly { readonly value: unknown; readonly result: SweepResult }[];
  /** Largest minus smallest best validation loss. */
  readonly spread: number;
}

export const validationLoss = ({ best }: SweepResult): number => best.validationLoss;

/** One group per setting that some run changes alone, largest spread first; undefined without a base run. */
export function groupBySetting(
  sweep: Pick<Sweep, 'base'>,
  results: readonly SweepResult[],
): { base: SweepResult; groups: SettingGroup[] } | undefined {
  const changed = results.map((result) => changedSettings(sweep.base, result.run.settings));
  const base = results[changed.findIndex((names) => names.length === 0)];
  if (!base) return undefined;
  const settings = [...new Set(changed.flatMap((names) => (names.length === 1 ? names : [])))];
  const groups = settings.map((setting): SettingGroup => {
    const points = results
      .filter((result, i) => result === base || (changed[i].length === 1 && changed[i][0] === setting))
      .map((result) => ({ value: result.run.settings[setting], result }))
      .sort((a, b) => compare(a.value, b.value));
    const losses = points.map(({ result }) => validationLoss(result));
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

/** One row per value of each setting, compared with the base run. */
export function settingTable(base: SweepResult, groups: readonly SettingGroup[]): Table {
  return {
    headings: ['setting', 'value', 'best', 'vs base', 'parameters', 'time', 'valid − train', 'spread'],
    rows: groups.flatMap(({ setting, points, spread }) =>
      points.map(({ value, result }, i) => {
        const { last, parameters, seconds } = result;
        return [
          i === 0 ? flagName(setting) : '',
          String(value),
          validationLoss(result).toFixed(4),
          result === base ? '-' : signed(validationLoss(result) - validationLoss(base)),
          `${(parameters / base.parameters).toFixed(2)}×`,
          `${(seconds / base.seconds).toFixed(2)}×`,
          last.trainLoss === undefined ? '-' : signed(last.validationLoss - last.trainLoss),
          i === 0 ? spread.toFixed(4) : '',
        ];
      }),
    ),
  };
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
