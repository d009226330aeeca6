// `decode`: ways of choosing tokens side by side on one prompt, and what they make of the first token's probabilities.
import {
  displayPath,
  defineCommand,
  fileOptions,
  flag,
  resolveUserPath,
  generateOptions,
  namedModelFlags,
  openNamed,
  processorFlags,
  saveFigures,
  startEngine,
  textFlags,
  integer,
  writerOf,
  type Terminal,
} from '@lilformer/command-line';
import { compareDecoding, decodingStrategies, firstTokenDistributions } from '@lilformer/evaluation';
import { applyGenerationConfig } from '@lilformer/sampling';
import { z } from 'zod';
import { figureFlags, modelDetails } from './flags.js';

const GREEDY = decodingStrategies[0];
const ONE = decodingStrategies.find(({ options }) => options.topK === 1)!;

export const decodeFlags = defineCommand({
  summary: 'Compares ways of choosing tokens: greedy, sampling, temperatures, top-k and top-p on one prompt.',
  examples: [
    'npx nx run evaluator:decode -- --model gpt2 --prompt "The future will involve"',
    'npx nx run evaluator:decode -- --run runs/stories-1 --prompt "One day, Lily" --figures figures',
  ],
  notes: ['All of them draw with the same seed, so that they differ by what they are alone.'],
  flags: z.object({
    ...namedModelFlags,
    prompt: flag(
      { value: 'TEXT', help: 'what is gone on with' },
      z.string().default('The future of artificial intelligence will involve'),
    ),
    maxNewTokens: flag({ value: 'N', help: 'most tokens to generate' }, integer(1).default(50)),
    seed: flag({ value: 'N', help: 'seed of every way' }, integer(0).default(0)),
    top: flag({ value: 'N', help: 'how many tokens the figure has' }, integer(1).default(10)),
    ...processorFlags,
    ...figureFlags,
    ...modelDetails,
    text: textFlags.text,
    separator: textFlags.separator,
  }),
});

type Flags = NonNullable<ReturnType<typeof decodeFlags.parse>>;

export async function decode(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  await startEngine(flags);
  const details = await fileOptions(flags, flags, terminal, signal);
  const named = await openNamed(flags, terminal, details);
  const { tokenizer, generationConfig } = named;
  try {
    const model = writerOf(named);
    const { prompt, maxNewTokens, seed } = flags;
    const requested = generateOptions({ ...flags, maxNewTokens: undefined, seed: undefined });
    const common = {
      ...applyGenerationConfig({ ...requested, numBeams: 1 }, generationConfig, model),
      signal,
    };
    terminal.print(`Prompt: ${prompt}`);
    const written = new Map<string, readonly number[]>();
    let present: string | undefined;
    for await (const { strategy, text, ids } of compareDecoding(model, tokenizer, prompt, {
      maxNewTokens,
      seed,
      common,
    })) {
      if (strategy.name !== present) {
        present = strategy.name;
        terminal.print(`\n${strategy.name}${strategy.about === '' ? '' : `\n  ${strategy.about}`}`);
        terminal.write('... ');
      }
      terminal.write(text);
      if (!ids) continue;
      written.set(strategy.name, ids);
      terminal.print('');
      if (strategy === ONE) {
        const same = ids.join() === written.get(GREEDY.name)!.join();
        terminal.print(
          same
            ? '(The same text as greedy search: of one token there is nothing to draw.)'
            : '(Not the text of greedy search: two tokens were equally likely, and top-k keeps both.)',
        );
      }
    }
    if (flags.figures === undefined) return;
    const { barChart } = await import('@lilformer/plots');
    const ids = tokenizer.encode(prompt);
    const { tokens, stages } = await firstTokenDistributions(
      model,
      tokenizer,
      ids,
      decodingStrategies,
      flags.top,
    );
    const about = `The token after "${prompt}": what each way makes of its probabilities`;
    const figure = barChart({
      title: about,
      width: 1000,
      labels: tokens,
      series: stages.map(({ name, probabilities }) => ({
        name: name.replace(/ \(.*/, ', top-k 50'),
        values: probabilities,
      })),
      panels: true,
      percent: true,
    });
    const files = await saveFigures(
      resolveUserPath(flags.figures),
      [{ name: 'decoding', about, figure }],
      flags.format,
    );
    for (const file of files) terminal.print(`figure: ${displayPath(file)}`);
  } finally {
    named.model.dispose();
  }
}
