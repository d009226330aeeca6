// `compare`: tables, figures and samples of the eight stages.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFolder, writeFileAtomic } from '@lilformer/checkpoints';
import {
  jsonFlags,
  compareOnTerminal,
  defineCommand,
  describeMachine,
  displayPath,
  engineFlags,
  evaluationText,
  flag,
  integer,
  loadFlags,
  loadOptions,
  markdownBlock,
  markdownFigures,
  markdownTable,
  nonNegative,
  openLanguageModel,
  perplexityFlags,
  resolveUserPath,
  saveFigures,
  shellCommand,
  startEngine,
  text,
  textFlags,
  textTable,
  toggle,
  type LoadOptions,
  type NamedFigure,
  type Terminal,
} from '@lilformer/command-line';
import { batches, slidingWindows } from '@lilformer/datasets';
import {
  comparisonNotes,
  expertTable,
  measureExperts,
  type Candidate,
  type ComparisonRow,
  type ExpertReport,
  type SideBySide,
} from '@lilformer/evaluation';
import type { EvaluationEvent } from '@lilformer/training';
import { z } from 'zod';
import { machineLoad, quietSpeeds } from '../machine-load.js';
import type { Settings } from '../trainer/settings/settings.js';
import { loadResult } from '../trainer/train/result.js';
import { PROMPTS, STAGES, type Stage } from './stages.js';
import {
  changeTable,
  perplexityOf,
  stageTable,
  trainingTable,
  type StageRow,
  type StageTraining,
} from './stage-tables.js';

/** Number of windows in which tokens per expert are counted. */
const WINDOWS = 64;

export const compareFlags = defineCommand({
  summary:
    'Compares the eight stages of the evolution: perplexity, speed, and what each writes after the same prompts.',
  examples: [
    'npx lilformer evolution compare',
    'npx lilformer evolution compare --prompt "Tom had a hat. He" --max-new-tokens 60 --seed random',
    'npx lilformer evolution compare --checkpoints notebooks/evolution',
    'npx lilformer evolution compare --report docs/results/evolution --measure',
  ],
  notes: [
    'In --checkpoints a stage is a run folder (03-bigram), or a file as the notebook names it (03_bigram.pt, ' +
      'also .safetensors); what is missing is listed, and the rest compared.',
  ],
  flags: z.object({
    checkpoints: flag({ value: 'FOLDER', help: 'folder of the stages' }, text().default('runs/evolution')),
    prompt: flag(
      {
        value: 'TEXT',
        many: true,
        help: "a prompt instead of the notebook's three groups; may be given several times",
      },
      z.array(z.string()).default([]),
    ),
    maxNewTokens: flag({ value: 'N', help: 'most tokens to generate' }, integer(1).default(50)),
    temperature: flag(
      { value: 'T', help: 'below 1 safer, above 1 more varied; 0: always the most likely token' },
      nonNegative().default(1),
    ),
    seed: flag(
      {
        value: 'N|random',
        help: 'each prompt derives its own seed from it; change it for other samples, `random` for new ones each time',
      },
      z.union([z.literal('random'), integer(0)], 'expected an integer of at least 0, or random').default(42),
    ),
    measure: flag(
      { help: 'also measures the perplexity now, by one protocol for all stages; takes minutes' },
      toggle(),
    ),
    report: flag(
      { value: 'FOLDER', help: 'write tables, figures and samples to this folder as Markdown' },
      text().optional(),
    ),
    ...textFlags,
    ...perplexityFlags,
    ...loadFlags,
    ...engineFlags,
    ...jsonFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof compareFlags.parse>>;

export async function compare(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const load = machineLoad();
  const folder = resolveUserPath(flags.checkpoints);
  const present = STAGES.map((stage) => ({ stage, path: pathOf(stage, folder) })).filter(
    ({ stage, path }) => !stage.extra || existsSync(path),
  );
  if (!present.some(({ path }) => existsSync(path))) {
    throw new Error(
      `--checkpoints ${flags.checkpoints}: expected the stages as run folders (${STAGES[0].run}) or files ` +
        `(${STAGES[0].file}.pt); there is none in ${folder}. \`npx lilformer evolution train\` makes them`,
    );
  }
  const engine = await startEngine(flags);
  terminal.note(`Engine: ${engine}`);
  const options = await loadOptions(flags, terminal, signal);
  const candidates = present.map(({ stage, path }): Candidate => ({
    name: stage.name,
    source: path,
    ...options,
  }));
  const { maxNewTokens, temperature } = flags;
  const { rows, sideBySide } = await compareOnTerminal(
    candidates,
    flags.measure ? { text: flags, protocol: flags } : undefined,
    {
      prompts: flags.prompt.length > 0 ? [{ name: 'Your prompts', prompts: flags.prompt }] : PROMPTS,
      maxNewTokens,
      temperature,
      seed: flags.seed === 'random' ? undefined : flags.seed,
    },
    terminal,
    signal,
  );
  const staged: StageRow[] = rows.map((row, i) => ({ stage: present[i].stage, row }));
  const { table, note } = quietSpeeds(stageTable(staged), load);
  const changes = changeTable(staged);
  const notes = [...notesOf(rows, flags.checkpoints), ...(note === undefined ? [] : [note])];
  const experts: Experts[] = [];
  for (const { stage, path } of present) {
    const found = stage.router && (await expertsOf(stage, path, flags, options, terminal, signal));
    if (found) experts.push(found);
  }
  for (const row of rows) terminal.json(row);
  for (const { about, reports } of experts) terminal.json({ about, reports });
  for (const each of sideBySide) terminal.json(each);
  terminal.print(`\n${textTable(table)}\n`);
  for (const note of notes) terminal.print(note);
  terminal.print(`\n${textTable(changes)}`);
  for (const { about, reports } of experts) terminal.print(`\n${about}\n${textTable(expertTable(reports))}`);
  for (const each of sideBySide) printSide(each, staged, terminal);
  if (flags.report === undefined) return;
  const to = resolveUserPath(flags.report);
  await mkdir(to, { recursive: true });
  const figures = await figuresOf(staged, experts);
  const training = trainingTable(await Promise.all(staged.map(trainingOf)));
  await saveFigures(to, figures);
  const sections = [
    '# The evolution',
    `Eight models, from bigram to mixture of experts. Compared by \`${shellCommand('evolution compare')}\` on ` +
      `${describeMachine()}; engine ${engine}.`,
    markdownTable(table),
    notes.map((note) => `- ${note}`).join('\n'),
    ...(flags.measure ? [ABOUT_PROTOCOLS] : []),
    'The notebook does not name the text that its perplexities were measured on.',
    ...(training.rows.length > 0 ? ['## Training', ABOUT_TRAINING, markdownTable(training)] : []),
    '## Change from stage to stage',
    markdownTable(changes),
    ...markdownFigures(figures),
    ...(experts.length > 0 ? ['## Experts'] : []),
    ...experts.flatMap(({ about, reports }) => [about, markdownTable(expertTable(reports))]),
    '## Side by side',
    ...sideBySide.flatMap(markdownSide),
  ];
  await writeFileAtomic(join(to, 'README.md'), `${sections.join('\n\n')}\n`);
  await writeFileAtomic(
    join(to, 'results.json'),
    `${JSON.stringify({ rows: rows.map(numbersOf), sideBySide }, null, 2)}\n`,
  );
  terminal.print(`\nReport: ${displayPath(join(to, 'README.md'))}`);
}

const ABOUT_PROTOCOLS =
  '`recorded` is the lowest of the evaluations while training. Each is a mean over the same few random batches of windows, in which a ' +
  'token has from none to a whole window of text before it; the lowest of several is on average too low. `measured` counts each ' +
  'token of the validation text once, with nearly a whole window of text before it, and has no error of sampling.';

/** Path of a stage: its run folder, or the first checkpoint file that exists, or the run folder if none does. */
function pathOf({ run, file }: Stage, folder: string): string {
  const names = [run, `${file}.pt`, `${file}.safetensors`, `${run}.pt`, `${run}.safetensors`];
  return join(folder, names.find((name) => existsSync(join(folder, name))) ?? run);
}

/** A row without local paths and without the number of predictions per position. */
function numbersOf({ source: _source, ...row }: ComparisonRow) {
  if (row.state !== 'compared') return { name: row.name, state: row.state };
  if (!row.measured) return row;
  const { predictionsByPosition: _predictions, ...measured } = row.measured;
  return { ...row, measured };
}

/** How perplexities were measured, and which stages are missing. */
function notesOf(rows: readonly ComparisonRow[], folder: string): string[] {
  const missing = rows.filter(({ state }) => state === 'missing').map(({ name }) => name);
  const others = comparisonNotes(rows.filter(({ state }) => state !== 'missing'));
  return missing.length === 0 ? others : [...others, `missing in ${folder}: ${missing.join('; ')}`];
}

/** Tokens per expert of a stage. */
interface Experts {
  readonly stage: Stage;
  readonly about: string;
  readonly reports: readonly ExpertReport[];
}

/** Undefined without a model with experts, or without a text. */
async function expertsOf(
  stage: Stage,
  path: string,
  flags: Flags,
  options: LoadOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Experts | undefined> {
  if (!existsSync(path)) return undefined;
  const opened = await openLanguageModel(path, options, terminal).catch(() => undefined);
  if (!opened) return undefined;
  const { model, tokenizer, source } = opened;
  try {
    if (!('nExperts' in model.config)) return undefined;
    const text = await evaluationText(source, tokenizer, flags, terminal, signal);
    if (!text) return undefined;
    const length = Math.min(model.contextLength, text.source.length - 1);
    const windows = slidingWindows(text.source, length);
    const some = batches(windows, { batchSize: 8, order: 'random', limit: WINDOWS / 8 });
    return {
      stage,
      about:
        `${stage.name}: share of tokens per expert, in ${WINDOWS} windows of ${length} tokens of ${text.description}. ` +
        `${stage.router}`,
      reports: await measureExperts(model, some, { signal }),
    };
  } finally {
    model.dispose();
  }
}

function printSide(
  { group, prompt, continuations }: SideBySide,
  rows: readonly StageRow[],
  terminal: Terminal,
): void {
  terminal.print(`\n${group}: ${prompt}\n${'─'.repeat(70)}`);
  for (const { name, text } of continuations) {
    const perplexity = perplexityOf(rows.find(({ stage }) => stage.name === name)!.row);
    terminal.print(
      `${name}${perplexity === undefined ? '' : ` (ppl=${perplexity.toFixed(1)})`}:\n  ${prompt}${text.replaceAll('\n', '\n  ')}\n`,
    );
  }
}

function markdownSide({ group, prompt, continuations }: SideBySide): string[] {
  const width = Math.max(...continuations.map(({ name }) => name.length)) + 2;
  return [
    `**${group}:** ${prompt}`,
    markdownBlock(
      continuations
        .map(({ name, text }) => `${name.padEnd(width)}${prompt}${text.replace(/\s+/g, ' ')}`)
        .join('\n'),
    ),
  ];
}

async function figuresOf(rows: readonly StageRow[], experts: readonly Experts[]): Promise<NamedFigure[]> {
  const { barChart, lossCurves, scatterPlot } = await import('@lilformer/plots');
  const figures: NamedFigure[] = [];
  const add = (name: string, about: string, figure: NamedFigure['figure']) =>
    figures.push({ name, about, figure });
  const known = rows.flatMap(({ stage, row }) => {
    const perplexity = perplexityOf(row);
    return perplexity === undefined || row.state !== 'compared' ? [] : [{ stage, row, perplexity }];
  });
  if (known.length > 0) {
    const about = 'Perplexity at each stage';
    add(
      'perplexity',
      about,
      barChart({
        title: about,
        labels: known.map(({ stage }) => stage.name),
        series: [
          { name: 'here', values: known.map(({ perplexity }) => perplexity) },
          { name: 'notebook, on another text', values: known.map(({ stage }) => stage.notebook ?? NaN) },
        ],
        valueName: 'perplexity',
      }),
    );
  }
  if (known.length > 1) {
    const about = 'Parameters against perplexity';
    add(
      'parameters',
      about,
      scatterPlot({
        title: about,
        xName: 'parameters',
        yName: 'perplexity',
        logX: true,
        logY: true,
        points: known.map(({ stage, row, perplexity }) => ({
          name: stage.name,
          x: row.parameters,
          y: perplexity,
        })),
      }),
    );
  }
  const runs = (
    await Promise.all(known.map(async ({ stage, row }) => ({ stage, curve: await curveOf(row.source) })))
  ).filter(({ curve }) => curve.length > 1);
  if (runs.length > 0) {
    const about = 'Validation perplexity while training';
    add(
      'training',
      about,
      lossCurves({
        title: about,
        yName: 'validation perplexity',
        logY: true,
        runs: runs.map(({ stage, curve }) => ({
          name: stage.name,
          validation: { x: curve.map(({ step }) => step), y: curve.map(({ perplexity }) => perplexity) },
        })),
      }),
    );
  }
  const positions = known.flatMap(({ stage, row }) => {
    const losses = row.measured?.byPosition ?? [];
    return losses.length > 1 ? [{ name: stage.name, losses }] : [];
  });
  if (positions.length > 0) {
    const about = 'Loss by position in the context';
    add(
      'loss-by-position',
      about,
      lossCurves({
        title: about,
        xName: 'position in the context',
        logX: true,
        panels: true,
        runs: positions.map(({ name, losses }) => ({
          name,
          validation: { x: losses.map((_, position) => position + 1), y: losses },
        })),
      }),
    );
  }
  for (const { stage, reports } of experts) {
    const about = `${stage.name}: share of tokens per expert`;
    add(
      `experts-${stage.run}`,
      about,
      barChart({
        title: about,
        labels: reports.map(({ layer }) => `layer ${layer}`),
        series: reports[0].shares.map((_, expert) => ({
          name: `expert ${expert}`,
          values: reports.map(({ shares }) => 100 * shares[expert]),
        })),
        valueName: '% of tokens',
      }),
    );
  }
  return figures;
}

const ABOUT_TRAINING =
  '`passes` are the tokens trained on, repetitions included, over the tokens of the training text.';

/** How a stage was trained; undefined for a file. */
async function trainingOf({ stage, row }: StageRow): Promise<StageTraining | undefined> {
  if (!existsSync(join(row.source, 'result.json'))) return undefined;
  const [result, folder] = await Promise.all([loadResult(row.source), RunFolder.open(row.source)]);
  const { settings, tokens } = folder.config as { settings: Settings; tokens: { train: number } };
  await folder.close();
  return result && { name: stage.name, result, settings, trainingTokens: tokens.train };
}

/** Evaluations of a run folder after the first step; empty for a file. */
async function curveOf(path: string): Promise<EvaluationEvent[]> {
  if (!existsSync(join(path, 'config.json'))) return [];
  const folder = await RunFolder.open(path);
  const events = (await folder.readMetrics()) as unknown as EvaluationEvent[];
  await folder.close();
  return events.filter((event): event is EvaluationEvent => event.type === 'evaluation' && event.step > 0);
}
