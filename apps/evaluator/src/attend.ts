// `attend`: what a model looks at while it reads a prompt, as figures and numbers; of a GRU, what its gates do.
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import {
  asTheyWouldType,
  defineCommand,
  fileOptions,
  flag,
  fromWhereTheyStand,
  openModel,
  saveFigures,
  startEngine,
  textFlags,
  textTable,
  whole,
  type NamedFigure,
  type Terminal,
} from '@lilformer/command-line';
import {
  attentionMap,
  gateMap,
  headMeasures,
  headRole,
  headTable,
  type AttentionMap,
  type GateMap,
} from '@lilformer/evaluation';
import {
  attentionAverages,
  attentionHead,
  attentionLayer,
  attentionModel,
  attentionPage,
  gruGates,
} from '@lilformer/plots';
import { z } from 'zod';
import { mainFigureFlags, modelDetails, modelFlags } from './flags.js';

export const attendFlags = defineCommand({
  summary:
    'Shows what a model looks at while it reads a prompt: heat maps, and a table of what each head does.',
  examples: [
    'npx nx run evaluator:attend -- --run runs/stories-1 --prompt "One day, Lily and Ben"',
    'npx nx run evaluator:attend -- --run runs/stories-1 --layer 0 --head 1 --format png',
  ],
  notes: [
    'Figures: all heads, the heads of each layer, their averages, and attention.html, a page to choose layer and head ' +
      'in and to read weights from, which opens without a network. Of a GRU: its gates.',
  ],
  flags: z.object({
    ...modelFlags,
    prompt: flag(
      { value: 'TEXT', help: 'what it reads' },
      z.string().default('First Citizen:\nBefore we proceed'),
    ),
    layer: flag({ value: 'N', help: 'only this layer, from 0' }, whole(0).optional()),
    head: flag({ value: 'N', help: 'only this head, from 0; with --layer' }, whole(0).optional()),
    ...mainFigureFlags,
    ...modelDetails,
    text: textFlags.text,
    separator: textFlags.separator,
  }),
});

type Flags = NonNullable<ReturnType<typeof attendFlags.parse>>;

export async function attend(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (flags.head !== undefined && flags.layer === undefined) {
    throw new Error(`--head ${flags.head}: expected --layer with it`);
  }
  await startEngine(flags);
  const { model, tokenizer } = await openModel(
    flags.run,
    terminal,
    await fileOptions(flags, flags, terminal, signal),
  );
  let figures: NamedFigure[];
  let page: string | undefined;
  try {
    if (model.config.type === 'gru') {
      figures = gateFigures(gateMap(model, tokenizer, flags.prompt), terminal);
    } else {
      const map = attentionMap(model, tokenizer, flags.prompt);
      figures = attentionFigures(map, flags, terminal);
      if (flags.layer === undefined) page = pageOf(map, flags);
    }
  } finally {
    model.dispose();
  }
  const folder = fromWhereTheyStand(flags.figures);
  const files = await saveFigures(folder, figures, flags.format);
  if (page !== undefined) {
    files.push(join(folder, 'attention.html'));
    await writeFileAtomic(files.at(-1)!, page);
  }
  for (const file of files) terminal.print(`figure: ${asTheyWouldType(file)}`);
}

function attentionFigures(
  { tokens, layers }: AttentionMap,
  { layer, head }: Flags,
  terminal: Terminal,
): NamedFigure[] {
  const within = (flag: string, value: number | undefined, count: number) => {
    if (value !== undefined && value >= count) {
      throw new Error(`${flag} ${value}: expected a number below ${count}, of which the model has that many`);
    }
  };
  within('--layer', layer, layers.length);
  if (layer !== undefined) within('--head', head, layers[layer].heads.length);
  terminal.print(`Reads ${tokens.length} tokens: ${tokens.join(' ')}\n`);
  if (tokens.length >= 3) {
    const reports = layers.flatMap(({ heads }, l) =>
      heads.map((weights, h) => {
        const measures = headMeasures(weights);
        return { layer: l, head: h, ...measures, role: headRole(measures) };
      }),
    );
    terminal.print(`${textTable(headTable(reports))}\n`);
  }
  const figures: NamedFigure[] = [];
  const add = (name: string, about: string, figure: NamedFigure['figure']) =>
    figures.push({ name, about, figure });
  if (layer !== undefined && head !== undefined) {
    const about = `Attention of layer ${layer}, head ${head}`;
    add(
      `layer-${layer}-head-${head}`,
      about,
      attentionHead({ title: about, tokens, weights: layers[layer].heads[head] }),
    );
    return figures;
  }
  if (layer === undefined) {
    const all = layers.map(({ heads }) => heads);
    add('all-heads', 'Attention of all heads', attentionModel({ tokens, layers: all }));
    add('averages', 'Attention, averaged over heads', attentionAverages({ tokens, layers: all }));
  }
  for (const [l, { heads }] of layers.entries()) {
    if (layer !== undefined && l !== layer) continue;
    const about = `Attention of the heads of layer ${l}`;
    add(`layer-${l}`, about, attentionLayer({ title: about, tokens, heads }));
  }
  return figures;
}

function pageOf({ tokens, layers }: AttentionMap, { run, prompt }: Flags): string {
  // Sums of float32 weights may come out a hair above 1.
  const shares = layers.map(({ heads }) =>
    heads.map((head) => head.map((row) => row.map((w) => Math.min(1, w)))),
  );
  return attentionPage({ title: `What ${run} looks at`, subtitle: prompt, tokens, layers: shares });
}

function gateFigures({ tokens, layers }: GateMap, terminal: Terminal): NamedFigure[] {
  const headings = [
    'token',
    ...layers.flatMap((_, l) => ['reset', 'update', 'new'].map((name) => `${name} ${l}`)),
  ];
  const rows = tokens.map((token, t) => [
    token,
    ...layers.flatMap(({ r, z, n }) => [r, z, n].map(({ mean }) => mean[t].toFixed(3))),
  ]);
  terminal.print(`Means of the gates' units\n${textTable({ headings, rows })}\n`);
  return layers.map(({ r, z, n }, l) => {
    const about = `Gates of layer ${l} over the text`;
    const gates = [
      { name: 'reset gate r', values: r.values },
      { name: 'update gate z', values: z.values },
      { name: 'new content n', values: n.values },
    ];
    return { name: `gates-${l}`, about, figure: gruGates({ title: about, characters: tokens, gates }) };
  });
}
