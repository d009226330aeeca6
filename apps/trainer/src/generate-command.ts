// `generate`: a run folder's model goes on with a prompt, and the text appears as it is written.
import { fromWhereTheyStand, type Terminal } from '@lilformer/command-line';
import { openEngine } from '@lilformer/engine';
import { RunFolder } from '@lilformer/checkpoints';
import { modelFromRun } from '@lilformer/training';
import { generate } from '@lilformer/sampling';
import { tokenizerFromJSON } from '@lilformer/tokenizers';
import type { GenerateCommand } from './command-line.js';

/** Writes a continuation of each prompt. @throws Error when the run cannot be read */
export async function generateCommand(
  command: GenerateCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const folder = await RunFolder.open(fromWhereTheyStand(command.run));
  await openEngine({ engine: command.engine, threads: command.threads });
  const tokenizer = tokenizerFromJSON(folder.tokenizer);
  const model = await modelFromRun(folder, { weights: command.last ? 'last' : 'best' });
  const { maxTokens, temperature, topK, topP, seed, noCache } = command;
  for (const prompt of command.prompt) {
    terminal.write(prompt);
    try {
      for await (const { text } of generate(model, tokenizer, prompt, {
        maxTokens,
        temperature,
        topK,
        topP,
        seed,
        cache: !noCache,
        signal,
      })) {
        terminal.write(text);
      }
    } finally {
      terminal.print();
    }
  }
}
