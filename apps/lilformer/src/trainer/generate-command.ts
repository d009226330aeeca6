// `generate`: a trained or pretrained model continues prompts, or answers them. Texts are streamed, except those of a batch
// or a beam search.
import {
  generateOptions,
  generativeModelOf,
  loadOptions,
  openModel,
  startEngine,
  type Terminal,
} from '@lilformer/command-line';
import { cleanSpacing } from '@lilformer/evaluation';
import { EncoderDecoderModel } from '@lilformer/models';
import {
  applyGenerationConfig,
  generate,
  generateBatch,
  randomStart,
  type GenerativeModel,
} from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import type { GenerateCommand } from './command-line.js';

/** Prints a continuation of each prompt, or an answer to it. @throws Error when the model cannot be opened or cannot generate */
export async function generateCommand(
  command: GenerateCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { numBeams = 1, numReturnSequences = 1, randomStart: startsAtRandom, seed } = command;
  // Checked before the model is loaded. With beams, the seed only chooses the random start.
  const requested = generateOptions({ ...command, seed: numBeams > 1 && startsAtRandom ? undefined : seed });
  await startEngine(command);
  const loading = { ...(await loadOptions(command, terminal, signal)), weights: command.weights };
  const opened = await openModel(command.model, loading, terminal);
  const { tokenizer, generationConfig } = opened;
  try {
    const model = generativeModelOf(opened);
    const strategy = numBeams > 1 ? requested : { temperature: 0.8, ...requested };
    const options = { ...applyGenerationConfig(strategy, generationConfig, model), signal };
    const prompts = startsAtRandom ? [randomStart(tokenizer, seed)] : command.prompt;
    const shown = prompts.map((prompt) => shownPrompt(model, tokenizer, prompt));
    const finished = command.cleanSpacing ? cleanSpacing : (text: string) => text;
    if (command.together || numBeams > 1 || numReturnSequences > 1) {
      const results = await generateBatch(model, tokenizer, prompts, options);
      results.forEach(({ text, score }, i) => {
        const prefix = score === undefined ? '' : `${score.toFixed(4)}  `;
        const of = Math.floor((i * prompts.length) / results.length);
        const all = finished(shown[of] + text);
        terminal.json({ prompt: prompts[of], text: all, score });
        terminal.print(prefix + all);
      });
    } else {
      for (const [i, prompt] of prompts.entries()) {
        const write = command.cleanSpacing ? () => undefined : (text: string) => terminal.write(text);
        let all = shown[i];
        write(all);
        try {
          for await (const { text } of generate(model, tokenizer, prompt, options)) {
            all += text;
            write(text);
          }
        } finally {
          terminal.json({ prompt, text: finished(all) });
          terminal.print(command.cleanSpacing ? finished(all) : '');
        }
      }
    }
  } finally {
    opened.model.dispose();
  }
}

/** The prompt as printed before the text; empty for an encoder-decoder, which does not continue it. */
function shownPrompt(
  model: GenerativeModel,
  tokenizer: Tokenizer,
  prompt: string | readonly number[],
): string {
  if (model instanceof EncoderDecoderModel) return '';
  return typeof prompt === 'string' ? prompt : tokenizer.decode(prompt);
}
