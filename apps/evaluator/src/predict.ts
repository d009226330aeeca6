// `predict`: how a text goes on, beside how the model goes on with it; and what it expects after some prompts.
import {
  displayPath,
  defineCommand,
  fileOptions,
  flag,
  resolveUserPath,
  evaluationText,
  nonNegative,
  toggle,
  openModel,
  saveFigures,
  startEngine,
  textFlags,
  integer,
  type NamedFigure,
  type Terminal,
} from '@lilformer/command-line';
import { cleanSpacing, nextTokenLines, predictedAgainstActual, predictNext } from '@lilformer/evaluation';
import { Random } from '@lilformer/random';
import { z } from 'zod';
import { figureFlags, modelDetails, modelFlags } from './flags.js';

/** Tokens of a text where the model's context has no end. */
const UNBOUNDED = 64;

export const predictFlags = defineCommand({
  summary:
    'Puts what a model predicts beside what a text says, and lists the likeliest next tokens of prompts.',
  examples: [
    'npx nx run evaluator:predict -- --run runs/shakespeare-wider-1',
    'npx nx run evaluator:predict -- --run runs/stories-1 --prompt "One day, a" --top 10 --seed 7',
  ],
  flags: z.object({
    ...modelFlags,
    promptTokens: flag(
      { value: 'N', help: 'tokens of the text that the model is given' },
      integer(1).default(25),
    ),
    prompt: flag(
      { value: 'TEXT', many: true, help: 'whose next tokens are listed; may be given several times' },
      z.array(z.string()).default(['MENENIUS:', 'BRUTUS:', 'CORIOLANUS:']),
    ),
    top: flag({ value: 'N', help: 'how many next tokens' }, integer(1).default(5)),
    temperature: flag(
      { value: 'T', help: 'of the prediction; 0: always the likeliest token' },
      nonNegative().default(0.9),
    ),
    seed: flag(
      { value: 'N', help: 'seed of the place in the text, and of the prediction' },
      integer(0).default(0),
    ),
    asItIs: flag({ help: 'leaves the blanks around punctuation as the tokenizer puts them' }, toggle()),
    ...textFlags,
    ...figureFlags,
    ...modelDetails,
  }),
});

type Flags = NonNullable<ReturnType<typeof predictFlags.parse>>;

export async function predict(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  await startEngine(flags);
  const details = await fileOptions(flags, flags, terminal, signal);
  const { model, tokenizer, path } = await openModel(flags.run, terminal, details);
  try {
    const measured = await evaluationText(path, tokenizer, flags, terminal, signal);
    if (measured) {
      const { source, description } = measured;
      const length = Math.min(
        Number.isFinite(model.contextLength) ? model.contextLength : UNBOUNDED,
        source.length,
      );
      const from = new Random(flags.seed).split('window').integer(source.length - length + 1);
      const ids = source.read(from, length);
      const { temperature, seed } = flags;
      const promptTokens = Math.min(flags.promptTokens, Math.floor(length / 2));
      const made = await predictedAgainstActual(model, tokenizer, ids, {
        promptTokens,
        temperature,
        seed,
        signal,
      });
      const shown = flags.asItIs ? (text: string) => text : cleanSpacing;
      terminal.print(
        [
          `From ${description}, token ${from.toLocaleString('en-US')}.`,
          `\n[Prompt: the first ${made.promptTokens} tokens]\n${shown(made.prompt)}`,
          `\n[Actual text: ${made.actualTokens} tokens]\n${shown(made.actual)}`,
          `\n[Predicted text: prompt and ${made.predictedTokens - made.promptTokens} tokens]\n${shown(made.predicted)}`,
        ].join('\n'),
      );
    } else {
      terminal.print('No text to compare with; expected --text with a file of weights.');
    }
    const expected = flags.prompt.map((prompt) => ({
      prompt,
      next: predictNext(model, tokenizer, prompt, flags.top),
    }));
    for (const { prompt, next } of expected) {
      terminal.print(`\nAfter "${prompt}":`);
      for (const line of nextTokenLines(next)) terminal.print(`  ${line}`);
    }
    if (flags.figures !== undefined) {
      const { barChart } = await import('@lilformer/plots');
      const figures = expected.map(({ prompt, next }, i): NamedFigure => {
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
      const files = await saveFigures(resolveUserPath(flags.figures), figures, flags.format);
      for (const file of files) terminal.print(`figure: ${displayPath(file)}`);
    }
  } finally {
    model.dispose();
  }
}
