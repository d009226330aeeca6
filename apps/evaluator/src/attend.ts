// `attend`: what a model looks at while it reads a prompt, as figures and numbers; of a GRU, what its gates do.
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import {
  displayPath,
  defineCommand,
  fileOptions,
  flag,
  resolveUserPath,
  namedModelFlags,
  openNamed,
  saveFigures,
  startEngine,
  textFlags,
  textTable,
  integer,
  type NamedFigure,
  type Terminal,
} from '@lilformer/command-line';
import {
  attentionStacks,
  gateMap,
  headMeasures,
  headRole,
  headTable,
  type AttentionStack,
  type GateMap,
} from '@lilformer/evaluation';
import { BertForMaskedLM, BertModel, EncoderDecoderModel, type AnyModel } from '@lilformer/models';
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
import { z } from 'zod';
import { mainFigureFlags, modelDetails } from './flags.js';

export const attendFlags = defineCommand({
  summary:
    'Shows what a model looks at while it reads a prompt: heat maps, and a table of what each head does.',
  examples: [
    'npx nx run evaluator:attend -- --run runs/stories-1 --prompt "One day, Lily and Ben"',
    'npx nx run evaluator:attend -- --run runs/stories-1 --layer 0 --head 1 --format png',
    'npx nx run evaluator:attend -- --model t5-small --prompt "translate English to German: Hello."',
  ],
  notes: [
    'Figures: all heads, the heads of each layer, their averages, and attention.html, a page to choose layer and head ' +
      'in and to read weights from, which opens without a network. Of an encoder-decoder: those of the encoder, of the decoder, ' +
      'and of the decoder to the encoder. Of a GRU: its gates.',
  ],
  flags: z.object({
    ...namedModelFlags,
    prompt: flag(
      { value: 'TEXT', help: 'what it reads' },
      z.string().default('First Citizen:\nBefore we proceed'),
    ),
    answer: flag(
      {
        value: 'TEXT',
        help: 'what the decoder of an encoder-decoder is given; without it what the model answers',
      },
      z.string().optional(),
    ),
    layer: flag({ value: 'N', help: 'only this layer, from 0' }, integer(0).optional()),
    head: flag({ value: 'N', help: 'only this head, from 0; with --layer' }, integer(0).optional()),
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
  const details = await fileOptions(flags, flags, terminal, signal);
  const { name, model, tokenizer, generationConfig } = await openNamed(flags, terminal, details);
  const figures: NamedFigure[] = [];
  const pages: { file: string; page: string }[] = [];
  try {
    if (isGru(model)) {
      figures.push(...gateFigures(gateMap(model, tokenizer, flags.prompt), terminal));
    } else {
      const answer =
        model instanceof EncoderDecoderModel
          ? (flags.answer ?? (await answerOf(model, tokenizer, flags.prompt, generationConfig, signal)))
          : undefined;
      const stacks = attentionStacks(model, tokenizer, flags.prompt, answer);
      for (const stack of stacks) {
        // One stack needs no name of its own.
        const prefix = stacks.length > 1 ? `${stack.where}-` : '';
        figures.push(...attentionFigures(stack, prefix, flags, terminal));
        if (flags.layer === undefined) {
          pages.push({ file: `${prefix}attention.html`, page: pageOf(stack, name, flags.prompt) });
        }
      }
    }
  } finally {
    model.dispose();
  }
  const folder = resolveUserPath(flags.figures);
  const files = await saveFigures(folder, figures, flags.format);
  for (const { file, page } of pages) {
    files.push(join(folder, file));
    await writeFileAtomic(files.at(-1)!, page);
  }
  for (const file of files) terminal.print(`figure: ${displayPath(file)}`);
}

function isGru(model: AnyModel): model is Parameters<typeof gateMap>[0] & AnyModel {
  if (model instanceof EncoderDecoderModel || model instanceof BertModel || model instanceof BertForMaskedLM)
    return false;
  return model.config.type === 'gru';
}

/** The greedy answer, so that the decoder has tokens to attend from. */
async function answerOf(
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
  { where, tokens, keys, layers }: AttentionStack,
  prefix: string,
  { layer, head }: Flags,
  terminal: Terminal,
): NamedFigure[] {
  const within = (flag: string, value: number | undefined, count: number) => {
    if (value !== undefined && value >= count) {
      throw new Error(`${flag} ${value}: expected a number below ${count}, of which the model has that many`);
    }
  };
  within('--layer', layer, layers.length);
  if (layer !== undefined) within('--head', head, layers[layer].length);
  const whose = prefix === '' ? '' : where === 'cross' ? ', decoder to encoder' : `, ${where}`;
  if (where !== 'cross') {
    const verb = where === 'decoder' && prefix !== '' ? 'Writes' : 'Reads';
    terminal.print(`${verb} ${tokens.length} tokens: ${tokens.join(' ')}\n`);
  }
  // What heads do is told by how far back a token looks, which says nothing of another text.
  if (tokens.length >= 3 && where === 'decoder') {
    const reports = layers.flatMap((heads, l) =>
      heads.map((weights, h) => {
        const measures = headMeasures(weights);
        return { layer: l, head: h, ...measures, role: headRole(measures) };
      }),
    );
    terminal.print(`${textTable(headTable(reports))}\n`);
  }
  const figures: NamedFigure[] = [];
  const add = (name: string, about: string, figure: NamedFigure['figure']) =>
    figures.push({ name: `${prefix}${name}`, about, figure });
  const texts = where === 'cross' ? { tokens, keys } : { tokens };
  if (layer !== undefined && head !== undefined) {
    const about = `Attention of layer ${layer}, head ${head}${whose}`;
    add(
      `layer-${layer}-head-${head}`,
      about,
      attentionHead({ title: about, ...texts, weights: layers[layer][head] }),
    );
    return figures;
  }
  if (layer === undefined) {
    const [every, averaged] = [`Attention of all heads${whose}`, `Attention, averaged over heads${whose}`];
    add('all-heads', every, attentionModel({ title: every, ...texts, layers }));
    add('averages', averaged, attentionAverages({ title: averaged, ...texts, layers }));
  }
  for (const [l, heads] of layers.entries()) {
    if (layer !== undefined && l !== layer) continue;
    const about = `Attention of the heads of layer ${l}${whose}`;
    add(`layer-${l}`, about, attentionLayer({ title: about, ...texts, heads }));
  }
  return figures;
}

function pageOf({ where, tokens, keys, layers }: AttentionStack, name: string, prompt: string): string {
  // Sums of float32 weights may come out a hair above 1.
  const shares = layers.map((heads) =>
    heads.map((head) => head.map((row) => row.map((w) => Math.min(1, w)))),
  );
  const title = where === 'cross' ? `What the decoder of ${name} looks at` : `What ${name} looks at`;
  return attentionPage({
    title,
    subtitle: prompt,
    tokens,
    ...(where === 'cross' && { keys }),
    layers: shares,
  });
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
