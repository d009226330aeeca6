// What the numbers of a sweep say of each setting: runs that differ from the base in one setting only are
// lined up by its value. Every sentence is made from the results; nothing is known beforehand.
import { flagOf } from '@lilformer/command-line';
import type { SettingName, Settings } from './settings.js';
import type { SweepResult } from './sweep-results.js';
import type { Sweep } from './sweep.js';

/** The runs that tell of one setting, by its value. */
export interface Reading {
  readonly setting: SettingName;
  readonly points: readonly {
    readonly value: unknown;
    readonly isBase: boolean;
    readonly result: SweepResult;
  }[];
  /** Best validation loss of the worst value less that of the best one. */
  readonly spread: number;
}

export const validationLoss = ({ best }: SweepResult): number => best.validationLoss;

/** A reading for each setting that some run alone changes; the one with the largest spread first. */
export function readingsOf(
  sweep: Sweep,
  results: readonly SweepResult[],
): { base: SweepResult; readings: Reading[] } | undefined {
  const changed = results.map((result) => changedSettings(sweep.base, result.run.settings));
  const base = results[changed.findIndex((names) => names.length === 0)];
  if (!base) return undefined;
  const settings = [...new Set(changed.flatMap((names) => (names.length === 1 ? names : [])))];
  const readings = settings.map((setting): Reading => {
    const points = results
      .filter((result, i) => result === base || (changed[i].length === 1 && changed[i][0] === setting))
      .map((result) => ({
        value: result.run.settings[setting],
        isBase: result === base,
        result,
      }))
      .sort((a, b) => compare(a.value, b.value));
    const losses = points.map(({ result }) => validationLoss(result));
    return { setting, points, spread: Math.max(...losses) - Math.min(...losses) };
  });
  return { base, readings: readings.sort((a, b) => b.spread - a.spread) };
}

function changedSettings(base: Settings, settings: Settings): SettingName[] {
  return (Object.keys(settings) as SettingName[]).filter((name) => settings[name] !== base[name]);
}

function compare(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

const loss = (value: number) => value.toFixed(4);
const change = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
const times = (value: number) => `${value.toFixed(2)}×`;

/** What a setting does, in sentences. */
export function describe({ setting, points }: Reading): string {
  const base = points.find(({ isBase }) => isBase)!.result;
  const sentences = [shape(points)];
  for (const { value, isBase, result } of points) {
    if (isBase) continue;
    const parts = [
      `loss ${change(validationLoss(result) - validationLoss(base))}`,
      `${times(result.parameters / base.parameters)} the parameters`,
      `${times(result.seconds / base.seconds)} the time`,
    ];
    sentences.push(
      `${flagOf(setting)} ${String(value)} against ${String(base.run.settings[setting])}: ${parts.join(', ')}.`,
    );
  }
  sentences.push(...meaning(setting, points));
  return sentences.join(' ');
}

/** How the loss goes with the value. */
function shape(points: Reading['points']): string {
  const losses = points.map(({ result }) => validationLoss(result));
  const list = points.map(({ value }, i) => `${String(value)}: ${loss(losses[i])}`).join(', ');
  const best = points[losses.indexOf(Math.min(...losses))];
  if (typeof best.value !== 'number' || points.length < 3) return `${list}; best at ${String(best.value)}.`;
  const falls = losses.slice(1).map((value, i) => losses[i] - value);
  if (falls.every((fall) => fall > 0)) {
    const [first, final] = [falls[0], falls.at(-1)!];
    const less = final < first ? `, with less to gain each time (${loss(first)}, then ${loss(final)})` : '';
    return `${list}. More is better all along${less}.`;
  }
  if (falls.every((fall) => fall < 0)) return `${list}. Less is better all along.`;
  return `${list}. Neither least nor most: best at ${String(best.value)}.`;
}

/** What the loss and the other numbers together say, for settings where that is known to be of interest. */
function meaning(setting: SettingName, points: Reading['points']): string[] {
  const gap = ({ last }: SweepResult) =>
    last.trainLoss === undefined ? undefined : last.validationLoss - last.trainLoss;
  const list = (of: (result: SweepResult) => number | undefined, digits: number) =>
    points
      .map(({ value, result }) => [value, of(result)] as const)
      .filter((pair): pair is readonly [unknown, number] => pair[1] !== undefined)
      .map(([value, number]) => `${String(value)}: ${number.toFixed(digits)}`)
      .join(', ');
  switch (setting) {
    case 'heads':
      return [
        `A head is ${points.map(({ result: { run } }) => `${run.settings.dModel / run.settings.heads}`).join(', ')} wide.`,
      ];
    case 'context':
      return [
        `Seconds for 1,000 tokens: ${list((result) => 1000 / result.tokensPerSecond, 3)}. A longer window has more ` +
          'tokens that see much before them, and a step of the same batch size trains on more tokens.',
      ];
    case 'layers':
    case 'dModel':
    case 'dFf':
      return [`Change of loss as parameters double: ${efficiency(points)}.`];
    default: {
      const gaps = list(gap, 4);
      return gaps === '' ? [] : [`Validation less training loss at the end: ${gaps}.`];
    }
  }
}

/** Change of loss between neighbours, for each time that the parameters double. */
function efficiency(points: Reading['points']): string {
  return points
    .slice(1)
    .map(({ value, result }, i) => {
      const before = points[i].result;
      const doublings = Math.log2(result.parameters / before.parameters);
      const each = (validationLoss(result) - validationLoss(before)) / doublings;
      return `${String(points[i].value)} to ${String(value)} ${change(each)}`;
    })
    .join(', ');
}

/** What to take home, from all readings together. */
export function takeaways(
  base: SweepResult,
  readings: readonly Reading[],
  results: readonly SweepResult[],
): string[] {
  const lines: string[] = [];
  const others = results.filter((result) => result !== base);
  const best = least(others, validationLoss);
  const gain = validationLoss(best) - validationLoss(base);
  lines.push(
    gain < 0
      ? `The best single change is **${best.run.name}**: ${change(gain)} for ${times(best.parameters / base.parameters)} the ` +
          `parameters and ${times(best.seconds / base.seconds)} the time.`
      : `No single change does better than the base; the nearest is **${best.run.name}** (${change(gain)}).`,
  );
  const worst = least(others, (result) => -validationLoss(result));
  lines.push(
    `What hurts most is **${worst.run.name}**: ${change(validationLoss(worst) - validationLoss(base))}.`,
  );
  const free = others.filter(
    (result) => validationLoss(result) < validationLoss(base) && result.seconds <= base.seconds,
  );
  lines.push(
    free.length > 0
      ? `Better than the base and no slower: ${free.map(({ run }) => `**${run.name}**`).join(', ')}.`
      : 'Nothing here is better than the base without taking longer.',
  );
  const seed = readings.find(({ setting }) => setting === 'seed');
  lines.push(
    seed
      ? `Other seeds alone spread the loss by ${loss(seed.spread)}: smaller differences say nothing.`
      : 'Each run was made with one seed; how much another seed changes is not measured here, so small differences are not to be leant on.',
  );
  const rank = rankCorrelation(
    results.map(({ parameters }) => parameters),
    results.map(validationLoss),
  );
  if (Number.isFinite(rank)) {
    lines.push(
      `Order by parameters and order by loss: rank correlation ${rank.toFixed(2)} (−1: more parameters always ` +
        'better; 0: no relation).',
    );
  }
  const over = results.filter(
    ({ last, best }) => last.validationLoss > best.validationLoss && last.step > best.step,
  );
  lines.push(
    over.length === 0
      ? 'Every run was still at its best at the last evaluation: more steps would have helped all of them.'
      : `Past their best at the end: ${over.map(({ run, best, last }) => `${run.name} (best ${loss(best.validationLoss)} at step ${best.step}, ${loss(last.validationLoss)} at ${last.step})`).join(', ')}.`,
  );
  return lines;
}

function least<T>(items: readonly T[], of: (item: T) => number): T {
  return items.reduce((best, item) => (of(item) < of(best) ? item : best));
}

/** Spearman's rank correlation; ties share the mean of their ranks. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}
