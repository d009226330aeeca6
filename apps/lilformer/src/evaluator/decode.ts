// `decode`: decoding strategies side by side on one prompt, and their probabilities of the first token.
import {
  defineCommand,
  flag,
  generateOptions,
  generativeModelOf,
  integer,
  loadOptions,
  modelFlags,
  openModel,
  processorFlags,
  startEngine,
  textFlags,
  type Terminal,
} from '@lilformer/command-line';
import { applyGenerationConfig, generate } from '@lilformer/sampling';
import { z } from 'zod';
import { firstTokenDistributions, STRATEGIES } from './decoding-strategies.js';
import { figureFlags, loadAndEngineFlags, writeFigures } from './flags.js';

export const decodeFlags = defineCommand({
  summary: 'Compares decoding strategies on one prompt: greedy, sampling, temperatures, top-k and top-p.',
  examples: [
    'npx lilformer decode --model gpt2 --prompt "The future will involve"',
    'npx lilformer decode --model runs/stories-1 --prompt "One day, Lily" --figures figures',
  ],
  notes: ['All strategies use the same seed.'],
  flags: z.object({
    ...modelFlags,
    prompt: flag(
      { value: 'TEXT', help: 'text to continue' },
      z.string().default('The future of artificial intelligence will involve'),
    ),
    maxNewTokens: flag({ value: 'N', help: 'most tokens to generate per strategy' }, integer(1).default(50)),
    seed: flag(
      { value: 'N', help: 'seed of all strategies; change it for other samples' },
      integer(0).default(0),
    ),
    top: flag({ value: 'N', help: 'number of tokens in the figure' }, integer(1).default(10)),
    ...processorFlags,
    ...figureFlags,
    ...loadAndEngineFlags,
    text: textFlags.text,
    separator: textFlags.separator,
  }),
});

type Flags = NonNullable<ReturnType<typeof decodeFlags.parse>>;

export async function decode(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  await startEngine(flags);
  const options = await loadOptions(flags, terminal, signal);
  const opened = await openModel(flags.model, options, terminal);
  const { tokenizer, generationConfig } = opened;
  try {
    const model = generativeModelOf(opened);
    const { prompt, maxNewTokens, seed } = flags;
    const requested = generateOptions({ ...flags, maxNewTokens: undefined, seed: undefined });
    const common = applyGenerationConfig({ ...requested, numBeams: 1 }, generationConfig, model);
    terminal.print(`Prompt: ${prompt}`);
    for (const strategy of STRATEGIES) {
      terminal.print(`\n${strategy.name}${strategy.about === undefined ? '' : `\n  ${strategy.about}`}`);
      terminal.write('... ');
      const own = { ...common, ...strategy.options, maxNewTokens, seed, signal };
      for await (const { text } of generate(model, tokenizer, prompt, own)) terminal.write(text);
      terminal.print('');
    }
    await writeFigures(
      flags,
      async () => {
        const { barChart } = await import('@lilformer/plots');
        const ids = tokenizer.encode(prompt);
        const { tokens, stages } = await firstTokenDistributions(
          model,
          tokenizer,
          ids,
          STRATEGIES,
          flags.top,
        );
        const about = `Probabilities of the token after "${prompt}", by strategy`;
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
        return [{ name: 'decoding', about, figure }];
      },
      terminal,
    );
  } finally {
    opened.model.dispose();
  }
}
