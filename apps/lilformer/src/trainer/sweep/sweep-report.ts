// The report of a sweep: tables, figures and samples as Markdown, and the numbers as JSON.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import {
  describeMachine,
  markdownBlock,
  markdownFigures,
  markdownTable,
  saveFigures,
  textTable,
  type Table,
} from '@lilformer/command-line';
import { formatDuration } from '@lilformer/training';
import { budgetsOf, budgetTable, scalingExponent, type Budget } from './budgets.js';
import {
  ABOUT_SWEET_SPOTS,
  groupBySetting,
  settingTable,
  sweetSpotTable,
  validationLoss,
} from './by-setting.js';
import { ABOUT_SEEDS, seedTable } from './seeds.js';
import { ABOUT_STABILITY, stabilityTable } from './stability.js';
import { attentionFigures, figuresOf } from './sweep-figures.js';
import { isQuiet, type SweepResult } from './sweep-results.js';
import type { Sweep } from './sweep.js';

/** Characters of a sample in the report. */
const SAMPLE_CHARACTERS = 300;

export interface ReportAbout {
  /** The command of the sweep. */
  readonly command: string;
  /** Runs at a time, and threads of each. */
  readonly jobs: number;
  readonly threads: number;
}

/** Writes README.md, results.json and figures into `folder`; returns the table for a terminal. */
export async function writeReport(
  sweep: Sweep,
  all: readonly SweepResult[],
  folder: string,
  about: ReportAbout,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const results = all.filter(({ run }) => run.repeats === undefined);
  const table = tableOf(sweep, results);
  const seeds = seedTable(all);
  const bySetting = groupBySetting(sweep, all);
  const budgets = budgetsOf(sweep.budgets, results);
  const figures = figuresOf(results, bySetting?.groups ?? [], budgets);
  const attention = await attentionFigures(sweep, results);
  await saveFigures(folder, [...figures, ...attention]);
  const engines = [...new Set(results.map(({ engine }) => engine))].join('; ');
  const sections = [
    `# ${sweep.name}`,
    ...(sweep.about ? [`${sweep.about[0].toUpperCase()}${sweep.about.slice(1)}.`] : []),
    `Made by \`${about.command}\` on ${describeMachine()}; engine ${engines}; ${about.jobs} run${about.jobs === 1 ? '' : 's'} at a time ` +
      `with ${about.threads} thread${about.threads === 1 ? '' : 's'} each. ${aboutTimes(results)}`,
    '## Results',
    markdownTable(table),
    'Losses are cross-entropy in nats per token. `train` and `valid` are from the last evaluation; `best` is the lowest validation ' +
      'loss, whose weights were kept, and `perplexity` its exponential. FLOPs are those of the matrix products of training.',
    ...lastStepsSections(sweep),
    ...markdownFigures(figures),
    ...(seeds.rows.length > 0 ? ['## Seeds', ABOUT_SEEDS, markdownTable(seeds)] : []),
    ...stabilitySections(results),
    ...budgetSections(budgets),
    ...(bySetting && bySetting.groups.length > 0 ? settingSections(bySetting) : []),
    ...(attention.length > 0 ? ['## Attention', ...markdownFigures(attention)] : []),
    ...sampleSections(results),
  ];
  await writeFileAtomic(join(folder, 'README.md'), `${sections.join('\n\n')}\n`);
  await writeFileAtomic(join(folder, 'results.json'), `${JSON.stringify(numbersOf(all), null, 2)}\n`);
  return [table, ...(seeds.rows.length > 0 ? [seeds] : [])].map((table) => textTable(table)).join('\n\n');
}

/** States why times are there or not. */
function aboutTimes(results: readonly SweepResult[]): string {
  const quiet = results.filter(isQuiet).length;
  const rule =
    'Times are those of runs that had the machine to themselves, with a load average below 1.5 before the start';
  if (quiet === results.length) return `${rule}: all.`;
  return quiet === 0
    ? `${rule}: none here, so no times are shown.`
    : `${rule}: ${quiet} of ${results.length}.`;
}

/** The heading of the column of the last training losses. */
const lastStepsHeading = (lastSteps: number) => `train, last ${lastSteps} steps`;

/** Number of single losses of which a notebook's mean consists. */
const PRINTED = 5;

function lastStepsSections({ lastSteps }: Sweep): string[] {
  if (lastSteps === undefined) return [];
  return [
    `\`${lastStepsHeading(lastSteps)}\` is the mean of the logged losses of single training batches of the last ${lastSteps} steps; ` +
      `± is the standard deviation of a mean of ${PRINTED} such losses, as which the notebook's numbers are computed.`,
  ];
}

function meanOfLast(result: SweepResult, lastSteps: number): string {
  const last = result.losses.filter(({ step }) => step > result.steps - lastSteps).map(({ loss }) => loss);
  if (last.length < 2) return '-';
  const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length;
  const variance = last.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (last.length - 1);
  return `${mean.toFixed(3)} ± ${Math.sqrt(variance / PRINTED).toFixed(3)}`;
}

function tableOf(sweep: Sweep, results: readonly SweepResult[]): Table {
  const timed = results.some(isQuiet);
  const beside = Object.entries(sweep.beside ?? {}).filter(
    ([heading]) => timed || !/s\/100 steps/.test(heading),
  );
  const { lastSteps } = sweep;
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
      ...(lastSteps === undefined ? [] : [lastStepsHeading(lastSteps)]),
      ...beside.map(([heading]) => heading),
      ...(timed ? ['time', 's/100 steps', 'tok/s'] : []),
      'peak MB',
    ],
    rows: results.map((result) => [
      result.run.name,
      result.parameters.toLocaleString('en-US'),
      result.steps.toLocaleString('en-US'),
      result.flops?.toExponential(1) ?? '-',
      result.last.trainLoss?.toFixed(4) ?? '-',
      result.last.validationLoss.toFixed(4),
      validationLoss(result).toFixed(4),
      result.best.perplexity.toFixed(2),
      ...(lastSteps === undefined ? [] : [meanOfLast(result, lastSteps)]),
      ...beside.map(([, numbers]) => numbers[result.run.name]?.toString() ?? '-'),
      ...(timed ? timesOf(result) : []),
      Math.round(result.peakMemory / 1e6).toLocaleString('en-US'),
    ]),
  };
}

function timesOf(result: SweepResult): string[] {
  if (!isQuiet(result)) return ['-', '-', '-'];
  const { seconds, secondsPer100Steps, tokensPerSecond } = result;
  return [
    formatDuration(seconds),
    secondsPer100Steps?.toFixed(2) ?? '-',
    tokensPerSecond === undefined ? '-' : Math.round(tokensPerSecond).toLocaleString('en-US'),
  ];
}

function settingSections({ base, groups }: NonNullable<ReturnType<typeof groupBySetting>>): string[] {
  return [
    '## By setting',
    `Each run differs from **${base.run.name}** in one setting. \`spread\` is the largest minus the smallest best loss; \`parameters\` ` +
      '(and `time`, where measured) are relative to the base. With several seeds `best` is their mean.',
    markdownTable(settingTable(base, groups)),
    '## Sweet spots',
    ABOUT_SWEET_SPOTS,
    markdownTable(sweetSpotTable(groups)),
  ];
}

function stabilitySections(results: readonly SweepResult[]): string[] {
  const table = stabilityTable(results);
  return table.rows.length === 0 ? [] : ['## Stability', ABOUT_STABILITY, markdownTable(table)];
}

function budgetSections(budgets: readonly Budget[]): string[] {
  if (budgets.length === 0) return [];
  const exponent = scalingExponent(budgets);
  return [
    '## The best size for each compute budget',
    markdownTable(budgetTable(budgets)),
    ...(exponent === undefined
      ? []
      : [
          `Least-squares exponent of the best number of parameters as a function of FLOPs: ${exponent.toFixed(2)}.`,
        ]),
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
