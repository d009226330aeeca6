// `evaluate`: perplexities of one or several models by a named protocol, bits per character, loss by position, and measures
// of heads and experts.
import {
  jsonFlags,
  compareOnTerminal,
  defineCommand,
  evaluationText,
  findCheckpoints,
  flag,
  integer,
  loadOptions,
  openLanguageModel,
  perplexityFlags,
  resolveSource,
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
  bitsPerCharacter,
  comparisonNotes,
  comparisonTable,
  expertTable,
  groupNotes,
  headTable,
  measureExperts,
  measureHeads,
  type Candidate,
  type ComparedModel,
  type Perplexity,
  type Table,
} from '@lilformer/evaluation';
import { z } from 'zod';
import { machineLoad, quietSpeeds } from '../machine-load.js';
import { figureFlags, loadAndEngineFlags, writeFigures } from './flags.js';

/** Number of windows that heads and experts are measured on, and their longest length. */
const [WINDOWS, LENGTH] = [32, 128];

export const evaluateFlags = defineCommand({
  summary: 'Measures the perplexity of models on a text, and tabulates it with their sizes and speeds.',
  examples: [
    'npx lilformer evaluate --model runs/stories-1',
    'npx lilformer evaluate --model runs/a --model runs/b --text other.txt --figures figures',
    'npx lilformer evaluate --model runs/shakespeare-baseline-1 --protocol all-windows',
    'npx lilformer evaluate --checkpoints notebooks/evolution',
  ],
  flags: z.object({
    model: flag(
      {
        value: 'SOURCE',
        many: true,
        help: "a run folder, a folder of runs (its best run is taken), a file of weights, a folder in Hugging Face's format, or a name on its Hub; may be given several times, to compare",
      },
      z.array(text()).default([]),
    ),
    checkpoints: flag(
      { value: 'FOLDER', help: 'all runs and files of weights in this folder' },
      text().optional(),
    ),
    whatHeadsDo: flag({ help: 'also measures what each attention head attends to; takes longer' }, toggle()),
    whatExpertsGet: flag({ help: 'also counts the tokens per expert of a mixture of experts' }, toggle()),
    seed: flag(
      { value: 'N', help: 'seed of random batches; change it to see how much the estimate varies' },
      integer(0).default(0),
    ),
    ...textFlags,
    ...perplexityFlags,
    ...figureFlags,
    ...loadAndEngineFlags,
    ...jsonFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof evaluateFlags.parse>>;

export async function evaluate(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const load = machineLoad();
  const options = await loadOptions(flags, terminal, signal);
  const given: Candidate[] = [];
  for (const model of flags.model) {
    const source = await resolveSource(model, terminal);
    given.push({ name: shortName(source), source });
  }
  const found = flags.checkpoints === undefined ? [] : await findCheckpoints(flags.checkpoints);
  const candidates = distinct([...given, ...found]).map((each) => ({ ...each, ...options }));
  if (candidates.length === 0) {
    throw new Error('expected --model SOURCE, several of them, or --checkpoints FOLDER');
  }
  terminal.note(`Engine: ${await startEngine(flags)}`);
  const measure = { text: flags, protocol: flags, seed: flags.seed };
  const { rows, texts } = await compareOnTerminal(candidates, measure, {}, terminal, signal);
  const compared = rows.filter((row): row is ComparedModel => row.state === 'compared');
  const bitsOf = (row: (typeof rows)[number]) => {
    const text = texts.get(row.name);
    if (row.state !== 'compared' || !row.measured || !text) return undefined;
    return bitsPerCharacter(row.measured.loss, text.tokenized);
  };
  for (const row of rows) {
    terminal.json({ ...row, text: texts.get(row.name)?.description, bitsPerCharacter: bitsOf(row) });
  }
  const { table, note: busy } = quietSpeeds(comparisonTable(rows), load);
  const bits = rows.map((row) => bitsOf(row)?.toFixed(3) ?? '-');
  terminal.print(
    `\n${textTable({
      headings: [...table.headings, 'bits/character'],
      rows: table.rows.map((row, i) => [...row, bits[i]]),
    })}\n`,
  );
  const measuredOn = Array.from(texts, ([name, { description, source }]): [string, string] => [
    `text: ${description}, ${source.length.toLocaleString('en-US')} tokens`,
    name,
  ]);
  for (const note of [...comparisonNotes(rows), ...groupNotes(measuredOn)]) terminal.print(note);
  if (busy !== undefined) terminal.print(busy);
  if (flags.whatHeadsDo || flags.whatExpertsGet) {
    for (const { name, source } of compared)
      await measureParts(name, source, flags, options, terminal, signal);
  }
  await writeFigures(flags, () => figuresOf(compared), terminal);
  if (compared.length === 0) throw new Error('none of the models could be loaded');
}

/** The last two parts of a path. */
function shortName(path: string): string {
  return path
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .slice(-2)
    .join('/');
}

/** Candidates with their source as name where names are equal. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const names = candidates.map(({ name }) => name);
  return candidates.map((each) =>
    names.filter((name) => name === each.name).length > 1 ? { ...each, name: each.source } : each,
  );
}

/** Prints the measures of heads and experts. */
async function measureParts(
  name: string,
  path: string,
  flags: Flags,
  options: LoadOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { model, tokenizer, source: opened } = await openLanguageModel(path, options, terminal);
  try {
    const measured = await evaluationText(opened, tokenizer, flags, terminal, signal);
    if (!measured) return terminal.print(`\n${name}: no text to measure on; expected --text`);
    const { source } = measured;
    const length = Math.min(model.contextLength, LENGTH, source.length - 1);
    const windows = () =>
      batches(slidingWindows(source, length), {
        batchSize: 8,
        order: 'random',
        limit: WINDOWS / 8,
        seed: flags.seed,
      });
    const print = async <T>(what: string, measure: () => Promise<T>, tableOf: (measured: T) => Table) => {
      try {
        const measured = await measure();
        terminal.json({ name, what, measured });
        terminal.print(
          `\n${name}: ${what}, in ${WINDOWS} windows of ${length} tokens\n${textTable(tableOf(measured))}`,
        );
      } catch (error) {
        signal.throwIfAborted();
        terminal.print(`\n${name}: ${(error as Error).message}`);
      }
    };
    if (flags.whatHeadsDo) {
      await print('attention heads', () => measureHeads(model, windows(), { signal }), headTable);
    }
    if (flags.whatExpertsGet) {
      await print(
        'share of tokens per expert',
        () => measureExperts(model, windows(), { signal }),
        expertTable,
      );
    }
  } finally {
    model.dispose();
  }
}

async function figuresOf(compared: readonly ComparedModel[]): Promise<NamedFigure[]> {
  const measured = compared.flatMap(({ name, measured }) => (measured ? [{ name, measured }] : []));
  if (measured.length === 0) return [];
  const { barChart, lossCurves } = await import('@lilformer/plots');
  const about = 'Measured perplexity';
  const figures: NamedFigure[] = [
    {
      name: 'perplexity',
      about,
      figure: barChart({
        title: about,
        subtitle: measured[0].measured.description,
        labels: measured.map(({ name }) => name),
        series: [{ values: measured.map(({ measured }) => measured.perplexity) }],
        valueName: 'perplexity',
      }),
    },
  ];
  const curves = measured.flatMap(({ name, measured }) => {
    const losses = reliableLosses(measured);
    return losses.filter(Number.isFinite).length > 1 ? [{ name, losses }] : [];
  });
  if (curves.length > 0) {
    const about = 'Loss by position in the context';
    figures.push({
      name: 'loss-by-position',
      about,
      figure: lossCurves({
        title: about,
        xName: 'position in the context',
        logX: true,
        showMean: true,
        runs: curves.map(({ name, losses }) => ({
          name,
          validation: { x: losses.map((_, position) => position + 1), y: losses },
        })),
      }),
    });
  }
  return figures;
}

/** Least number of predictions of a mean in a figure. */
const MIN_PREDICTIONS = 20;

/** Losses by position, NaN where there are few predictions. */
function reliableLosses({ byPosition, predictionsByPosition }: Perplexity): number[] {
  return byPosition.map((loss, position) => (predictionsByPosition[position] < MIN_PREDICTIONS ? NaN : loss));
}
