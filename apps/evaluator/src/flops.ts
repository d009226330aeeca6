// `flops`: what a model costs, by a notebook's formulas, by exact ones, and as counted while it runs.
import {
  defineCommand,
  flag,
  openModel,
  startEngine,
  text,
  textTable,
  integer,
  engineFlags,
  type Terminal,
} from '@lilformer/command-line';
import { flopsNotes, flopsReport, flopsTable } from '@lilformer/evaluation';
import { createModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { z } from 'zod';

export const flopsFlags = defineCommand({
  summary: 'Counts what writing and training cost: by formulas, and as it really runs; and why they differ.',
  examples: ['npx nx run evaluator:flops', 'npx nx run evaluator:flops -- --run runs/stories-1 --tokens 64'],
  notes: [
    'Without --run: an RNN, a GRU and a transformer with the sizes of the notebook that the formulas are from.',
  ],
  flags: z.object({
    run: flag({ value: 'PATH', help: 'a run folder, or a .pt or .safetensors file' }, text().optional()),
    tokens: flag({ value: 'N', help: 'tokens to write, or to train on' }, integer(1).default(100)),
    ...engineFlags,
  }),
});

/** Characters of the notebook's text. */
const VOCABULARY = 92;
const SIZES = { vocabSize: VOCABULARY, embedSize: 64, hiddenSize: 256 };

const NOTEBOOKS = (contextLength: number): readonly ModelConfig[] => [
  { type: 'simple-rnn', ...SIZES },
  { type: 'gru', ...SIZES },
  { type: 'tied-transformer', vocabSize: VOCABULARY, dModel: 128, nHeads: 4, nLayers: 1, contextLength },
];

export async function flops(
  { run, tokens, engine, threads }: NonNullable<ReturnType<typeof flopsFlags.parse>>,
  terminal: Terminal,
): Promise<void> {
  terminal.print(`Engine: ${await startEngine({ engine, threads })}`);
  if (run !== undefined) return tell((await openModel(run, terminal)).model, tokens, terminal);
  for (const config of NOTEBOOKS(tokens)) tell(createModel(config, new Random(0)), tokens, terminal);
}

function tell(model: LanguageModel, tokens: number, terminal: Terminal): void {
  const { type, ...sizes } = model.config;
  const list = Object.entries(sizes).map(([name, value]) => `${name} ${String(value)}`);
  try {
    const report = flopsReport(model, tokens);
    terminal.print(
      `\n${type}: ${list.join(', ')}; ${model.parameterCount().toLocaleString('en-US')} parameters\n` +
        `${textTable(flopsTable(report))}\n${flopsNotes(report).join('\n')}`,
    );
  } finally {
    model.dispose();
  }
}
