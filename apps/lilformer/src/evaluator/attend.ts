// `attend`: the attention weights of a model for a prompt, as figures and numbers; for a GRU its gates.
import { writeFileAtomic } from '@lilformer/checkpoints';
import {
  defineCommand,
  displayPath,
  flag,
  integer,
  loadOptions,
  modelFlags,
  openModel,
  resolveUserPath,
  startEngine,
  textFlags,
  textTable,
  type NamedFigure,
  type Terminal,
} from '@lilformer/command-line';
import {
  attentionMaps,
  gruGates,
  headMeasures,
  headRole,
  headTable,
  type AttentionMap,
  type GruGates,
} from '@lilformer/evaluation';
import { EncoderDecoderModel, LanguageModel } from '@lilformer/models';
import {
  attentionAverages,
  attentionHead,
  attentionLayer,
  attentionModel,
  attentionPage,
  heatMap,
} from '@lilformer/plots';
import { applyGenerationConfig, generateText } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { join } from 'node:path';
import { z } from 'zod';
import { loadAndEngineFlags, mainFigureFlags, writeFigures } from './flags.js';
import { ownPrompt } from './own-prompt.js';

export const attendFlags = defineCommand({
  summary: 'Draws the attention weights of a model for a prompt, and tabulates what each head attends to.',
  examples: [
    'npx lilformer attend --model runs/stories-1 --prompt "One day, Lily and Ben"',
    'npx lilformer attend --model runs/stories-1 --layer 0 --head 1 --format png',
    'npx lilformer attend --model t5-small --prompt "translate English to German: Hello."',
  ],
  notes: [
    'Figures: all heads, the heads of each layer, their averages, and attention.html, an interactive page that works ' +
      'offline. An encoder-decoder has those of the encoder, of the decoder, and of cross-attention. A GRU has its gates.',
  ],
  flags: z.object({
    ...modelFlags,
    prompt: flag(
      {
        value: 'TEXT',
        help: 'text that the model reads; default: the beginning of --text or of the validation text of the run',
      },
      z.string().optional(),
    ),
    answer: flag(
      {
        value: 'TEXT',
        help: 'text that the decoder of an encoder-decoder reads; its greedy answer unless given',
      },
      z.string().optional(),
    ),
    layer: flag(
      { value: 'N', help: 'only this layer, from 0, for a model with too many layers for one figure' },
      integer(0).optional(),
    ),
    head: flag(
      { value: 'N', help: 'only this head, from 0, in a figure of its own; with --layer' },
      integer(0).optional(),
    ),
    ...mainFigureFlags,
    ...loadAndEngineFlags,
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
  const options = await loadOptions(flags, terminal, signal);
  const opened = await openModel(flags.model, options, terminal);
  const { name, model, tokenizer, generationConfig } = opened;
  const { answer } = flags;
  const figures: NamedFigure[] = [];
  const pages: { file: string; page: string }[] = [];
  try {
    const whole = { ...flags, textTokens: 0, split: undefined };
    const prompt = flags.prompt ?? (await ownPrompt(opened, whole, terminal, signal));
    if (model instanceof LanguageModel && model.config.type === 'gru') {
      figures.push(...gateFigures(await gruGates(model, tokenizer, prompt), terminal));
    } else {
      const decoderPrompt =
        model instanceof EncoderDecoderModel
          ? (answer ?? (await greedyAnswer(model, tokenizer, prompt, generationConfig, signal)))
          : undefined;
      const maps = await attentionMaps(model, tokenizer, prompt, decoderPrompt);
      for (const map of maps) {
        const prefix = maps.length > 1 ? `${map.kind}-` : '';
        figures.push(...attentionFigures(map, prefix, flags, terminal));
        if (flags.layer !== undefined) continue;
        pages.push({ file: `${prefix}attention.html`, page: pageOf(map, name, prompt) });
      }
    }
  } finally {
    model.dispose();
  }
  await writeFigures(flags, () => Promise.resolve(figures), terminal);
  for (const { file, page } of pages) {
    const path = join(resolveUserPath(flags.figures), file);
    await writeFileAtomic(path, page);
    terminal.print(`figure: ${displayPath(path)}`);
  }
}

async function greedyAnswer(
  model: EncoderDecoderModel,
  tokenizer: Tokenizer,
  prompt: string,
  generationConfig: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<number[]> {
  const greedy = applyGenerationConfig({ temperature: 0 }, generationConfig, model);
  const options = { maxNewTokens: 24, ...greedy, signal };
  const { ids, finishReason } = await generateText(model, tokenizer, prompt, options);
  return finishReason === 'stop' ? ids.slice(0, -1) : ids;
}

function attentionFigures(
  { kind, tokens, keys, layers }: AttentionMap,
  prefix: string,
  { layer, head }: Flags,
  terminal: Terminal,
): NamedFigure[] {
  expectBelow('--layer', layer, layers.length);
  if (layer !== undefined) expectBelow('--head', head, layers[layer].length);
  const suffix = prefix === '' ? '' : kind === 'cross' ? ', decoder to encoder' : `, ${kind}`;
  if (kind !== 'cross') {
    const verb = kind === 'decoder' && prefix !== '' ? 'Writes' : 'Reads';
    terminal.print(`${verb} ${tokens.length} tokens: ${tokens.join(' ')}\n`);
  }
  // The measures count positions back, which exist in causal attention only.
  if (tokens.length >= 3 && kind === 'decoder') {
    const reports = layers.flatMap((heads, l) =>
      heads.map((weights, h) => {
        const measures = headMeasures(weights);
        return { layer: l, head: h, ...measures, role: headRole(measures) };
      }),
    );
    terminal.print(`${textTable(headTable(reports))}\n`);
  }
  const axes = kind === 'cross' ? { tokens, keys } : { tokens };
  const named = (
    name: string,
    about: string,
    draw: (title: string) => NamedFigure['figure'],
  ): NamedFigure => ({
    name: `${prefix}${name}`,
    about: `${about}${suffix}`,
    figure: draw(`${about}${suffix}`),
  });
  if (layer !== undefined && head !== undefined) {
    return [
      named(`layer-${layer}-head-${head}`, `Attention of layer ${layer}, head ${head}`, (title) =>
        attentionHead({ title, ...axes, weights: layers[layer][head] }),
      ),
    ];
  }
  const all =
    layer === undefined
      ? [
          named('all-heads', 'Attention of all heads', (title) => attentionModel({ title, ...axes, layers })),
          named('averages', 'Attention, averaged over heads', (title) =>
            attentionAverages({ title, ...axes, layers }),
          ),
        ]
      : [];
  const each = [...layers.entries()]
    .filter(([l]) => layer === undefined || l === layer)
    .map(([l, heads]) =>
      named(`layer-${l}`, `Attention of the heads of layer ${l}`, (title) =>
        attentionLayer({ title, ...axes, heads }),
      ),
    );
  return [...all, ...each];
}

function expectBelow(flag: string, value: number | undefined, count: number): void {
  if (value === undefined || value < count) return;
  throw new Error(`${flag} ${value}: expected a number below ${count}, the number that the model has`);
}

function pageOf({ kind, tokens, keys, layers }: AttentionMap, name: string, prompt: string): string {
  // Sums of float32 weights may exceed 1 by rounding.
  const rounded = layers.map((heads) =>
    heads.map((head) => head.map((row) => row.map((weight) => Math.min(1, weight)))),
  );
  return attentionPage({
    title: `${kind === 'cross' ? 'Cross-attention' : 'Attention'} of ${name}`,
    subtitle: prompt,
    tokens,
    ...(kind === 'cross' && { keys }),
    layers: rounded,
  });
}

function gateFigures({ tokens, layers }: GruGates, terminal: Terminal): NamedFigure[] {
  const headings = [
    'token',
    ...layers.flatMap((_, l) => ['reset', 'update', 'new'].map((name) => `${name} ${l}`)),
  ];
  const rows = tokens.map((token, t) => [
    token,
    ...layers.flatMap(({ r, z, n }) => [r, z, n].map(({ mean }) => mean[t].toFixed(3))),
  ]);
  terminal.print(`Gates, averaged over the units\n${textTable({ headings, rows })}\n`);
  return layers.flatMap(({ r, z, n }, l) =>
    (
      [
        ['reset', 'Reset gate', r.values],
        ['update', 'Update gate', z.values],
        ['new', 'New content', n.values],
      ] as const
    ).map(([name, title, values]) => {
      const about = `${title} of layer ${l}`;
      // [tokens][units] to [units][tokens]
      const byUnit = Array.from(values[0], (_, unit) => tokens.map((_, t) => values[t][unit]));
      const figure = heatMap({
        title: about,
        values: byUnit,
        rows: byUnit.map((_, unit) => String(unit)),
        columns: tokens,
        rowName: 'unit',
        max: 1,
      });
      return { name: `gates-${l}-${name}`, about, figure };
    }),
  );
}
