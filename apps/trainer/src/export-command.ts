// `export`: a trained model as a folder that Hugging Face's libraries load, in Python too.
import { RunFolder } from '@lilformer/checkpoints';
import { resolveUserPath, startEngine, type Terminal } from '@lilformer/command-line';
import { savePretrained } from '@lilformer/models';
import { tokenizerFromJSON } from '@lilformer/tokenizers';
import { modelFromRun } from '@lilformer/training';
import type { ExportCommand } from './command-line.js';

/** Writes the folder. @throws Error when the run cannot be read, or Hugging Face's files cannot hold its model or tokenizer */
export async function exportCommand(command: ExportCommand, terminal: Terminal): Promise<void> {
  await startEngine(command);
  const run = await RunFolder.open(resolveUserPath(command.run));
  try {
    const model = await modelFromRun(run, { weights: command.last ? 'last' : 'best' });
    const tokenizer = command.noTokenizer ? undefined : tokenizerFromJSON(run.tokenizer);
    await savePretrained(model, resolveUserPath(command.to), { tokenizer });
    model.dispose();
  } finally {
    await run.close();
  }
  terminal.print(
    `${command.to}: in Python, transformers.AutoModelForCausalLM.from_pretrained(${JSON.stringify(command.to)})`,
  );
}
