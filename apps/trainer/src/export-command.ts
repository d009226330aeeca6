// `export`: writes a trained model as a folder in Hugging Face's format.
import { resolveUserPath, startEngine, type Terminal } from '@lilformer/command-line';
import { loadModel, savePretrained } from '@lilformer/models';
import type { ExportCommand } from './command-line.js';

/** Writes the folder. @throws Error when the run cannot be read, or Hugging Face has no form of its model or tokenizer */
export async function exportCommand(command: ExportCommand, terminal: Terminal): Promise<void> {
  await startEngine(command);
  const { model, tokenizer } = await loadModel(resolveUserPath(command.run), {
    weights: command.last ? 'last' : 'best',
  });
  try {
    await savePretrained(model, resolveUserPath(command.to), {
      tokenizer: command.noTokenizer ? undefined : tokenizer,
    });
  } finally {
    model.dispose();
  }
  terminal.print(
    `${command.to}: in Python, transformers.AutoModelForCausalLM.from_pretrained(${JSON.stringify(command.to)})`,
  );
}
