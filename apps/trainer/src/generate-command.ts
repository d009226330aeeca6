// `generate`: a trained or pretrained model goes on with prompts, or answers them. One text appears as it is written;
// several at once, and those of a beam search, when they are done.
import { RunFolder } from '@lilformer/checkpoints';
import {
  beamOptions,
  drawingOptions,
  fileOptions,
  fromWhereTheyStand,
  openNamed,
  startEngine,
  writerOf,
  type NamedModel,
  type Terminal,
} from '@lilformer/command-line';
import { cleanSpacing } from '@lilformer/evaluation';
import { EncoderDecoderModel } from '@lilformer/models';
import {
  beamSearch,
  generate,
  generateBatch,
  generationDefaults,
  randomStart,
  type TextModel,
} from '@lilformer/sampling';
import { tokenizerFromJSON, type Tokenizer } from '@lilformer/tokenizers';
import { modelFromRun } from '@lilformer/training';
import type { GenerateCommand } from './command-line.js';

/** Writes a continuation of each prompt, or an answer to it. @throws Error when the model cannot be read, or cannot write */
export async function generateCommand(
  command: GenerateCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const searching = beamOptions(command, signal); // says what is wrong before a model is read
  await startEngine(command);
  const named = await open(command, terminal, signal);
  const { tokenizer, generationConfig } = named;
  try {
    const model = writerOf(named);
    // What a pretrained model is meant to write with, as far as no flag says otherwise.
    const { writing } = generationDefaults(generationConfig, model);
    const options = { ...writing, ...drawingOptions(command, signal) };
    const starts = command.randomStart ? [randomStart(tokenizer, command.seed)] : command.prompt;
    const told = starts.map((start) => beginning(model, tokenizer, start));
    const finished = command.cleanSpacing ? cleanSpacing : (text: string) => text;
    if (searching) {
      const found = await beamSearch(model, tokenizer, starts, { ...writing, ...searching });
      found.forEach((beams, i) => {
        for (const { text, score } of beams)
          terminal.print(`${score.toFixed(4)}  ${finished(told[i] + text)}`);
      });
    } else if (command.together) {
      const texts = await generateBatch(model, tokenizer, starts, options);
      texts.forEach(({ text }, i) => terminal.print(finished(told[i] + text)));
    } else {
      for (const [i, start] of starts.entries()) {
        const tell = command.cleanSpacing ? () => undefined : (text: string) => terminal.write(text);
        let all = told[i];
        tell(all);
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
  } finally {
    named.model.dispose();
  }
}

/** What is shown before the text: the prompt, where the model goes on with it. */
function beginning(model: TextModel, tokenizer: Tokenizer, start: string | readonly number[]): string {
  if (model instanceof EncoderDecoderModel) return '';
  return typeof start === 'string' ? start : tokenizer.decode(start);
}

async function open(command: GenerateCommand, terminal: Terminal, signal: AbortSignal): Promise<NamedModel> {
  if (!command.last) {
    return openNamed(command, terminal, await fileOptions(command, command, terminal, signal));
  }
  if (command.run === undefined) throw new Error('--last: expected --run with it');
  const folder = await RunFolder.open(fromWhereTheyStand(command.run));
  return {
    name: command.run,
    model: await modelFromRun(folder, { weights: 'last' }),
    tokenizer: tokenizerFromJSON(folder.tokenizer),
    generationConfig: {},
  };
}
