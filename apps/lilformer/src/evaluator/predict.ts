// `predict`: a text beside its continuation by the model, and the most likely next tokens of prompts.
import {
  jsonFlags,
  defineCommand,
  evaluationText,
  flag,
  integer,
  loadOptions,
  modelFlags,
  nonNegative,
  openLanguageModel,
  startEngine,
  textFlags,
  toggle,
  type NamedFigure,
  type OpenedModel,
  type Terminal,
} from '@lilformer/command-line';
import { cleanSpacing, predictNext, type TokenProbability } from '@lilformer/evaluation';
import type { LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { generateText } from '@lilformer/sampling';
import { z } from 'zod';
import { figureFlags, loadAndEngineFlags, writeFigures } from './flags.js';
import { ownPrompt } from './own-prompt.js';

/** Length of the text for a model without a context limit. */
const DEFAULT_LENGTH = 64;

export const predictFlags = defineCommand({
  summary: "Prints a text beside a model's continuation, and the likeliest next tokens of prompts.",
  examples: [
    'npx lilformer predict --model runs/shakespeare-wider-1',
    'npx lilformer predict --model runs/stories-1 --prompt "One day, a" --top 10 --seed 7',
  ],
  flags: z.object({
    ...modelFlags,
    promptTokens: flag(
      { value: 'N', help: 'tokens of the text that the model is given' },
      integer(1).default(25),
    ),
    prompt: flag(
      {
        value: 'TEXT',
        many: true,
        help: 'prompt whose next tokens are listed, may be given several times; default: the beginning of the text',
      },
      z.array(z.string()).optional(),
    ),
    top: flag({ value: 'N', help: 'number of next tokens' }, integer(1).default(5)),
    temperature: flag(
      { value: 'T', help: 'temperature of the continuation; 0 for greedy decoding' },
      nonNegative().default(0.9),
    ),
    seed: flag(
      { value: 'N', help: 'seed of the position in the text and of the continuation; change it for others' },
      integer(0).default(0),
    ),
    cleanSpacing: flag(
      { help: 'remove spaces before punctuation, for tokenizers that drop spaces' },
      toggle(),
    ),
    ...textFlags,
    ...figureFlags,
    ...loadAndEngineFlags,
    ...jsonFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof predictFlags.parse>>;

export async function predict(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  await startEngine(flags);
  const options = await loadOptions(flags, terminal, signal);
  const opened = await openLanguageModel(flags.model, options, terminal);
  const { model, tokenizer } = opened;
  try {
    await continueText(opened, flags, terminal, signal);
    const predictions: { prompt: string; next: TokenProbability[] }[] = [];
    for (const prompt of flags.prompt ?? [await ownPrompt(opened, flags, terminal, signal)]) {
      const next = await predictNext(model, tokenizer, prompt, flags.top);
      predictions.push({ prompt, next });
      terminal.json({ prompt, next });
      terminal.print(`\nAfter "${prompt}":`);
      for (const line of nextTokenLines(next)) terminal.print(`  ${line}`);
    }
    await writeFigures(
      flags,
      async () => {
        const { barChart } = await import('@lilformer/plots');
        return predictions.map(({ prompt, next }, i): NamedFigure => {
          const about = `Next token after "${prompt}"`;
          const figure = barChart({
            title: about,
            labels: next.map(({ token }) => token),
            series: [{ values: next.map(({ probability }) => probability) }],
            valueName: 'probability',
            percent: true,
          });
          return { name: `next-${i + 1}`, about, figure };
        });
      },
      terminal,
    );
  } finally {
    model.dispose();
  }
}

/** Prints a window of the text, and the model's continuation of its first tokens. */
async function continueText(
  { model, tokenizer, source: opened }: OpenedModel<LanguageModel>,
  flags: Flags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const measured = await evaluationText(opened, tokenizer, flags, terminal, signal);
  if (!measured) return terminal.print('No text to compare with: give --text for a model that is not a run.');
  const { source, description } = measured;
  const { temperature, seed } = flags;
  const limit = Number.isFinite(model.contextLength) ? model.contextLength : DEFAULT_LENGTH;
  const length = Math.min(limit, source.length);
  const from = new Random(seed).split('window').integer(source.length - length + 1);
  const ids = source.read(from, length);
  const prompt = ids.subarray(0, Math.min(flags.promptTokens, Math.floor(length / 2)));
  const maxNewTokens = length - prompt.length;
  const generated = await generateText(model, tokenizer, prompt, { maxNewTokens, temperature, seed, signal });
  const shown = (tokens: Iterable<number>) => {
    const text = tokenizer.decode(tokens);
    return flags.cleanSpacing ? cleanSpacing(text) : text;
  };
  const text = { prompt: shown(prompt), actual: shown(ids), predicted: shown([...prompt, ...generated.ids]) };
  terminal.json({ from, description, ...text });
  terminal.print(
    [
      `From ${description}, token ${from.toLocaleString('en-US')}.`,
      `\n[Prompt: the first ${prompt.length} tokens]\n${text.prompt}`,
      `\n[Actual text: ${length} tokens]\n${text.actual}`,
      `\n[Predicted text: prompt and ${generated.ids.length} tokens]\n${text.predicted}`,
    ].join('\n'),
  );
}

/** Next tokens as lines with bars: `1. I               0.065 ██`. */
function nextTokenLines(next: readonly TokenProbability[]): string[] {
  const width = Math.max(15, ...next.map(({ token }) => [...token].length));
  return next.map(({ token, probability }, i) => {
    const name = token + ' '.repeat(width - [...token].length);
    return `${i + 1}. ${name} ${probability.toFixed(3)} ${'█'.repeat(Math.floor(probability * 40))}`.trimEnd();
  });
}
