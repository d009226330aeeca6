// `flops`: operations of a model by formula and as counted while it runs.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  jsonFlags,
  defineCommand,
  displayPath,
  engineFlags,
  flag,
  integer,
  loadFlags,
  loadOptions,
  openLanguageModel,
  resolveUserPath,
  startEngine,
  text,
  textFlags,
  textTable,
  toggle,
  type Terminal,
} from '@lilformer/command-line';
import { flopsNotes, flopsReport, flopsTable } from '@lilformer/evaluation';
import { createModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { z } from 'zod';
import { notebookDifferences, notebookFormulas } from './notebook-flops.js';

export const flopsFlags = defineCommand({
  summary: 'Counts the operations of generation and training: by formula, and as they run.',
  examples: [
    'npx lilformer flops',
    'npx lilformer flops --notebook',
    'npx lilformer flops --model runs/stories-1 --tokens 64',
  ],
  flags: z.object({
    model: flag(
      {
        value: 'SOURCE',
        help: 'a run folder, a file of weights, or a GPT-2 by folder or Hub name; default: the latest run in runs/',
      },
      text().optional(),
    ),
    notebook: flag(
      { help: "instead an RNN, a GRU and a transformer in the sizes of the notebook's models" },
      toggle(),
    ),
    tokens: flag(
      {
        value: 'N',
        help: 'number of tokens to generate, or to train on; 100, or the context length if it is less, unless given',
      },
      integer(1).optional(),
    ),
    tokenizer: loadFlags.tokenizer,
    nHeads: loadFlags.nHeads,
    text: textFlags.text,
    separator: textFlags.separator,
    ...engineFlags,
    ...jsonFlags,
  }),
});

/** Vocabulary size of the notebook's text. */
const vocabSize = 92;
const RECURRENT = { vocabSize, embedSize: 64, hiddenSize: 256 };

const notebookModels = (contextLength: number): readonly ModelConfig[] => [
  { type: 'simple-rnn', ...RECURRENT },
  { type: 'gru', ...RECURRENT },
  { type: 'tied-transformer', vocabSize, dModel: 128, nHeads: 4, nLayers: 1, contextLength },
];

type Flags = NonNullable<ReturnType<typeof flopsFlags.parse>>;

export async function flops(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (flags.notebook && flags.model !== undefined) {
    throw new Error('--notebook: with --model. Expected one of the two.');
  }
  terminal.note(`Engine: ${await startEngine(flags)}`);
  if (!flags.notebook) {
    const source = flags.model ?? (await latestRun(terminal));
    const options = await loadOptions({ ...flags, dtype: 'float32' }, terminal, signal);
    const { model } = await openLanguageModel(source, options, terminal);
    return print(model, flags.tokens ?? Math.min(100, model.contextLength), terminal);
  }
  const { tokens = 100 } = flags;
  for (const config of notebookModels(tokens)) {
    await print(createModel(config, new Random(0)), tokens, terminal);
  }
}

/** The run folder in `runs/` with the most recently modified config.json. @throws Error when there is none */
async function latestRun(terminal: Terminal): Promise<string> {
  const runs = resolveUserPath('runs');
  const names = await readdir(runs).catch(() => []);
  let latest: { readonly path: string; readonly time: number } | undefined;
  for (const name of names) {
    const path = join(runs, name);
    const time = (await stat(join(path, 'config.json')).catch(() => undefined))?.mtimeMs;
    if (time !== undefined && time > (latest?.time ?? 0)) latest = { path, time };
  }
  if (!latest)
    throw new Error('--model: missing, and runs/ has no run. Expected --model SOURCE or --notebook.');
  terminal.note(`Model: ${displayPath(latest.path)}`);
  return latest.path;
}

async function print(model: LanguageModel, tokens: number, terminal: Terminal): Promise<void> {
  try {
    const report = await flopsReport(model, tokens);
    terminal.json({ model: model.config, parameters: model.parameterCount(), ...report });
    const notebook = notebookFormulas(report.costs, tokens);
    const { headings, rows } = flopsTable(report);
    const notes = notebookDifferences(report.costs, tokens).map(({ of, flops, reason }) => {
      const amount = `${flops > 0 ? '+' : '−'}${Math.abs(flops).toLocaleString('en-US')}`;
      return `${of}, notebook → exact: ${amount}, ${reason}`;
    });
    const table = {
      headings: [headings[0], 'notebook', ...headings.slice(1)],
      rows: rows.map(([name, ...cells], i) => {
        const { value, formula } = notebook[report.rows[i].of];
        return [name, `${value.toLocaleString('en-US')} = ${formula}`, ...cells];
      }),
    };
    const { type, ...sizes } = model.config;
    const list = Object.entries(sizes).map(([name, value]) => `${name} ${String(value)}`);
    terminal.print(
      `\n${type}: ${list.join(', ')}; ${model.parameterCount().toLocaleString('en-US')} parameters\n` +
        `${textTable(table)}\nnotebook: by the formulas of notebook 003 (docs/notebooks.md)\n${[...notes, ...flopsNotes(report)].join('\n')}`,
    );
  } finally {
    model.dispose();
  }
}
