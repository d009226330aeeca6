// The report of a sweep: one table, figures, what the numbers say of each setting, a ranking, takeaways and
// samples, as Markdown, with the numbers as JSON beside it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import {
  flagOf,
  machineLine,
  markdownBlock,
  markdownFigures,
  markdownTable,
  saveFigures,
  textTable,
  type Table,
} from '@lilformer/command-line';
import { formatDuration } from '@lilformer/training';
import { budgetsOf, budgetTable, growth, type Budget } from './budgets.js';
import { describe, readingsOf, takeaways, validationLoss, type Reading } from './readings.js';
import { ABOUT_STABILITY, stabilityTable } from './stability.js';
import { attentionFigures, figuresOf } from './sweep-figures.js';
import type { SweepResult } from './sweep-results.js';
import type { Sweep } from './sweep.js';

/** As much of a sample as the report shows. */
const SAMPLE_CHARACTERS = 300;

export interface ReportAbout {
  /** The command that made it. */
  readonly command: string;
  /** Runs at a time, and threads of each. */
  readonly jobs: number;
  readonly threads: number;
}

/** Writes README.md, results.json and figures into `folder`; returns the table for a terminal. */
export async function writeReport(
  sweep: Sweep,
  results: readonly SweepResult[],
  folder: string,
  about: ReportAbout,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const table = tableOf(sweep, results);
  const read = readingsOf(sweep, results);
  const budgets = budgetsOf(sweep.budgets, results);
  const figures = figuresOf(results, read?.readings ?? [], budgets);
  const attention = await attentionFigures(sweep, results);
  await saveFigures(folder, [...figures, ...attention]);
  const engines = [...new Set(results.map(({ engine }) => engine))].join('; ');
  const sections = [
    `# ${sweep.name}`,
    ...(sweep.about ? [`${sweep.about[0].toUpperCase()}${sweep.about.slice(1)}.`] : []),
    `Made by \`${about.command}\` on ${machineLine()}; engine ${engines}; ${about.jobs} run${about.jobs === 1 ? '' : 's'} at a time ` +
      `with ${about.threads} thread${about.threads === 1 ? '' : 's'} each${about.jobs === 1 ? '' : ', so that seconds are those of runs that shared the machine'}.`,
    '## Results',
    markdownTable(table),
    'Loss is cross entropy in nats a token. FLOPs are those of the products of training, forward and back. `train` and `valid` are those of the last evaluation, `best` the lowest ' +
      'validation loss, whose weights were kept, and `perplexity` its exponential.',
    ...markdownFigures(figures),
    ...stabilitySections(results),
    ...budgetSections(budgets),
    ...(read && read.readings.length > 0 ? readingSections(sweep, results, read) : []),
    ...(attention.length > 0 ? ['## Attention', ...markdownFigures(attention)] : []),
    ...sampleSections(results),
  ];
  await writeFileAtomic(join(folder, 'README.md'), `${sections.join('\n\n')}\n`);
  await writeFileAtomic(join(folder, 'results.json'), `${JSON.stringify(numbersOf(results), null, 2)}\n`);
  return textTable(table);
}

function tableOf(sweep: Sweep, results: readonly SweepResult[]): Table {
  const beside = Object.entries(sweep.beside ?? {});
  return {
    headings: [
      'run',
      'parameters',
      'steps',
      'FLOPs',
      'train',
      'valid',
      'best',
      'perplexity',
      ...beside.map(([heading]) => heading),
      'time',
      's/100 steps',
      'tok/s',
      'peak MB',
    ],
    rows: results.map((result) => [
      result.run.name,
      result.parameters.toLocaleString('en-US'),
      result.steps.toLocaleString('en-US'),
      result.flops.toExponential(1),
      result.last.trainLoss?.toFixed(4) ?? '-',
      result.last.validationLoss.toFixed(4),
      validationLoss(result).toFixed(4),
      result.best.perplexity.toFixed(2),
      ...beside.map(([, numbers]) => numbers[result.run.name]?.toString() ?? '-'),
      formatDuration(result.seconds),
      result.secondsPer100Steps.toFixed(2),
      Math.round(result.tokensPerSecond).toLocaleString('en-US'),
      Math.round(result.peakMemory / 1e6).toLocaleString('en-US'),
    ]),
  };
}

function readingSections(
  sweep: Sweep,
  results: readonly SweepResult[],
  { base, readings }: NonNullable<ReturnType<typeof readingsOf>>,
): string[] {
  const ranked = [...results].sort((a, b) => validationLoss(a) - validationLoss(b));
  return [
    '## Each setting',
    `Each is compared with **${base.run.name}**, which the runs differ from in this setting alone.`,
    ...readings.map((reading) => `### ${flagOf(reading.setting)}\n\n${describe(reading)}`),
    '## Ranking',
    'Settings by how far apart their best and worst value are:',
    markdownTable({
      headings: ['', 'setting', 'values', 'best', 'spread of loss'],
      rows: readings.map(({ setting, points, spread }, i) => [
        `${i + 1}`,
        flagOf(setting),
        points.map(({ value }) => String(value)).join(', '),
        String(points.find(({ result }) => validationLoss(result) === bestLoss(points))!.value),
        spread.toFixed(4),
      ]),
    }),
    ...expectedOrder(sweep, readings),
    'Runs by their best validation loss:',
    markdownTable({
      headings: ['', 'run', 'best', 'against the base', 'parameters', 'time'],
      rows: ranked.map((result, i) => [
        `${i + 1}`,
        result.run.name,
        validationLoss(result).toFixed(4),
        result === base ? '-' : signed(validationLoss(result) - validationLoss(base)),
        `${(result.parameters / base.parameters).toFixed(2)}×`,
        `${(result.seconds / base.seconds).toFixed(2)}×`,
      ]),
    }),
    '## Takeaways',
    takeaways(base, readings, results)
      .map((line) => `- ${line}`)
      .join('\n'),
  ];
}

function stabilitySections(results: readonly SweepResult[]): string[] {
  const table = stabilityTable(results);
  return table.rows.length === 0 ? [] : ['## Stability', ABOUT_STABILITY, markdownTable(table)];
}

function budgetSections(budgets: readonly Budget[]): string[] {
  if (budgets.length === 0) return [];
  const grows = growth(budgets);
  return [
    '## The best size for each amount of computation',
    markdownTable(budgetTable(budgets)),
    ...(grows === undefined ? [] : [grows]),
  ];
}

const bestLoss = (points: Reading['points']) =>
  Math.min(...points.map(({ result }) => validationLoss(result)));

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;

/** The order that the sweep says was expected, beside the one found. */
function expectedOrder({ expected }: Sweep, readings: readonly Reading[]): string[] {
  if (!expected) return [];
  const found = readings
    .map(({ setting }) => setting as string)
    .filter((name) => expected.order.includes(name));
  const order = expected.order.filter((name) => found.includes(name));
  const list = (names: readonly string[]) => names.map(flagOf).join(', ');
  return [
    list(order) === list(found)
      ? `${expected.of} puts them in the same order.`
      : `${expected.of} puts them in the order ${list(order)}; here it is ${list(found)}.`,
  ];
}

function sampleSections(results: readonly SweepResult[]): string[] {
  const written = results.filter(({ sample }) => sample !== undefined);
  if (written.length === 0) return [];
  return [
    '## Samples',
    ...written.flatMap(({ run, sample, best }) => [
      `**${run.name}**, validation loss ${best.validationLoss.toFixed(4)}:`,
      markdownBlock([...sample!].slice(0, SAMPLE_CHARACTERS).join('')),
    ]),
  ];
}

function numbersOf(results: readonly SweepResult[]) {
  return results.map(({ run, path: _path, losses: _losses, sample: _sample, ...numbers }) => ({
    run: run.name,
    preset: run.preset,
    settings: run.settings,
    ...numbers,
  }));
}
