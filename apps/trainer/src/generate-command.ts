// `generate`: a trained model goes on with a prompt, and the text appears as it is written.
import { RunFolder } from '@lilformer/checkpoints';
import {
  fileOptions,
  fromWhereTheyStand,
  openModel,
  startEngine,
  type Terminal,
} from '@lilformer/command-line';
import { cleanSpacing } from '@lilformer/evaluation';
import type { LanguageModel } from '@lilformer/models';
import { generate, randomStart } from '@lilformer/sampling';
import { tokenizerFromJSON, type Tokenizer } from '@lilformer/tokenizers';
import { modelFromRun } from '@lilformer/training';
import type { GenerateCommand } from './command-line.js';

/** Writes a continuation of each prompt. @throws Error when the model cannot be read */
export async function generateCommand(
  command: GenerateCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  await startEngine(command);
  const { model, tokenizer } = await open(command, terminal, signal);
  const { maxTokens, temperature, topK, topP, seed, noCache } = command;
  const options = { maxTokens, temperature, topK, topP, seed, cache: !noCache, signal };
  const starts = command.randomStart ? [randomStart(tokenizer, seed)] : command.prompt;
  for (const start of starts) {
    const prompt = typeof start === 'string' ? start : tokenizer.decode(start);
    const tell = command.cleanSpacing ? () => undefined : (text: string) => terminal.write(text);
    let all = prompt;
    tell(prompt);
    try {
      for await (const { text } of generate(model, tokenizer, start, options)) {
        all += text;
        tell(text);
      }
    } finally {
      terminal.print(command.cleanSpacing ? cleanSpacing(all) : '');
    }
  }
}

async function open(
  command: GenerateCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ model: LanguageModel; tokenizer: Tokenizer }> {
  if (!command.last)
    return openModel(command.run, terminal, await fileOptions(command, command, terminal, signal));
  const folder = await RunFolder.open(fromWhereTheyStand(command.run));
  return {
    model: await modelFromRun(folder, { weights: 'last' }),
    tokenizer: tokenizerFromJSON(folder.tokenizer),
  };
}
