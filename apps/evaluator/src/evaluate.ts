// `evaluate`: perplexity of one or several models by a named protocol, bits a character, loss by position, and
// what heads and experts do.
import {
  displayPath,
  bestRun,
  findCheckpoints,
  compareModels,
  defineCommand,
  fileOptions,
  flag,
  resolveUserPath,
  toggle,
  openModel,
  perplexityFlags,
  saveFigures,
  startEngine,
  text,
  textFlags,
  textTable,
  integer,
  evaluationText,
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
  type ComparedCheckpoint,
  type Perplexity,
} from '@lilformer/evaluation';
import { z } from 'zod';
import { figureFlags, modelDetails } from './flags.js';

/** Texts that heads and experts are measured on. */
const WINDOWS = 32;
const LONGEST = 128;

export const evaluateFlags = defineCommand({
  summary: 'Measures how surprised models are by a text, and what is known of them beside it.',
  examples: [
    'npx nx run evaluator:evaluate -- --run runs/stories-1',
    'npx nx run evaluator:evaluate -- --run runs/a --run runs/b --text other.txt --figures figures',
    'npx nx run evaluator:evaluate -- --run runs/shakespeare-baseline-1 --protocol all-windows',
    'npx nx run evaluator:evaluate -- --checkpoints notebooks/evolution',
  ],
  flags: z.object({
    run: flag(
      {
        value: 'PATH',
        many: true,
        help: 'a run folder, or a .pt, .pth or .safetensors file; several are compared',
      },
      z.array(text()).default([]),
    ),
    checkpoints: flag(
      { value: 'FOLDER', help: 'all runs and files of weights in this folder' },
      text().optional(),
    ),
    whatHeadsDo: flag(
      { help: 'measures the attention heads of each model: a table of which does what' },
      toggle(),
    ),
    whatExpertsGet: flag({ help: 'counts the tokens that each expert of a mixture gets' }, toggle()),
    seed: flag({ value: 'N', help: 'seed of random batches' }, integer(0).default(0)),
    ...textFlags,
    ...perplexityFlags,
    ...figureFlags,
    ...modelDetails,
  }),
});

type Flags = NonNullable<ReturnType<typeof evaluateFlags.parse>>;

export async function evaluate(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const details = await fileOptions(flags, flags, terminal, signal);
  const given = await Promise.all(
    flags.run.map(async (run) => {
      const path = await bestRun(resolveUserPath(run), (line) => terminal.print(line));
      return { name: nameOf(path), path };
    }),
  );
  const found = flags.checkpoints === undefined ? [] : await findCheckpoints(flags.checkpoints);
  const candidates: Candidate[] = distinct([...given, ...found]).map((each) => ({ ...each, ...details }));
  if (candidates.length === 0) {
    throw new Error('expected --run PATH, several of them, or --checkpoints FOLDER');
  }
  terminal.print(`Engine: ${await startEngine(flags)}`);
  const { rows, texts } = await compareModels(
    candidates,
    { measure: { text: flags, protocol: flags } },
    terminal,
    signal,
  );
  const compared = rows.filter((row): row is ComparedCheckpoint => row.state === 'compared');
  const table = comparisonTable(rows);
  const bits = rows.map((row) => {
    const text = texts.get(row.name);
    if (row.state !== 'compared' || !row.measured || !text) return '-';
    return bitsPerCharacter(row.measured.loss, text.tokenized).toFixed(3);
  });
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
  for (const { name, path } of compared) {
    if (!flags.whatHeadsDo && !flags.whatExpertsGet) break;
    await lookInto(name, path, flags, details, terminal, signal);
  }
  if (flags.figures !== undefined) {
    const folder = resolveUserPath(flags.figures);
    const files = await saveFigures(folder, await figuresOf(compared), flags.format);
    for (const file of files) terminal.print(`figure: ${displayPath(file)}`);
  }
  if (compared.length === 0) throw new Error('none of the models could be read');
}

/** The last two parts of a path say enough. */
function nameOf(path: string): string {
  return path
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .slice(-2)
    .join('/');
}

/** Two models of one name would be one in the table. */
function distinct<T extends { name: string; path: string }>(candidates: readonly T[]): T[] {
  const names = candidates.map(({ name }) => name);
  return candidates.map((each) =>
    names.filter((name) => name === each.name).length > 1 ? { ...each, name: each.path } : each,
  );
}

async function lookInto(
  name: string,
  path: string,
  flags: Flags,
  details: Awaited<ReturnType<typeof fileOptions>>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { model, tokenizer } = await openModel(path, terminal, details);
  try {
    const measured = await evaluationText(path, tokenizer, flags, terminal, signal);
    if (!measured) return terminal.print(`\n${name}: no text to look at; expected --text`);
    const { source } = measured;
    const length = Math.min(model.contextLength, LONGEST, source.length - 1);
    const some = () =>
      batches(slidingWindows(source, length), {
        batchSize: 8,
        order: 'random',
        limit: WINDOWS / 8,
        seed: flags.seed,
      });
    const tell = async (what: string, table: () => Promise<Parameters<typeof textTable>[0]>) => {
      try {
        const made = await table();
        terminal.print(`\n${name}: ${what}, in ${WINDOWS} windows of ${length} tokens\n${textTable(made)}`);
      } catch (error) {
        signal.throwIfAborted();
        terminal.print(`\n${name}: ${(error as Error).message}`);
      }
    };
    if (flags.whatHeadsDo) {
      await tell('what each head looks at', async () =>
        headTable(await measureHeads(model, some(), { signal })),
      );
    }
    if (flags.whatExpertsGet) {
      await tell('what each expert gets', async () =>
        expertTable(await measureExperts(model, some(), { signal })),
      );
    }
  } finally {
    model.dispose();
  }
}

async function figuresOf(compared: readonly ComparedCheckpoint[]): Promise<NamedFigure[]> {
  const measured = compared.filter(({ measured }) => measured !== undefined);
  if (measured.length === 0) return [];
  const { barChart, lossCurves } = await import('@lilformer/plots');
  const about = 'Measured perplexity';
  const figures: NamedFigure[] = [
    {
      name: 'perplexity',
      about,
      figure: barChart({
        title: about,
        subtitle: measured[0].measured!.description,
        labels: measured.map(({ name }) => name),
        series: [{ values: measured.map((each) => each.measured!.perplexity) }],
        valueName: 'perplexity',
      }),
    },
  ];
  const placed = measured.flatMap(({ name, measured }) => {
    const losses = lossesWithEnough(measured!);
    return losses.filter(Number.isFinite).length > 1 ? [{ name, losses }] : [];
  });
  if (placed.length > 0) {
    const about = 'Loss by position in the context';
    figures.push({
      name: 'loss-by-position',
      about,
      figure: lossCurves({
        title: about,
        xName: 'position in the context',
        logX: true,
        showMean: true,
        runs: placed.map(({ name, losses }) => ({
          name,
          validation: { x: losses.map((_, position) => position + 1), y: losses },
        })),
      }),
    });
  }
  return figures;
}

/** Predictions below which a mean at a place is more noise than loss. */
const ENOUGH = 20;

/** Losses by position, those of too few predictions left out: a window that moves by one token predicts most in its last place. */
function lossesWithEnough({ byPosition, predictionsByPosition }: Perplexity): number[] {
  return byPosition.map((loss, place) => (predictionsByPosition[place] < ENOUGH ? NaN : loss));
}
