// `export`: writes a model as a folder in Hugging Face's format.
import { resolveSource, resolveUserPath, startEngine, type Terminal } from '@lilformer/command-line';
import { loadModel, savePretrained } from '@lilformer/models';
import type { ExportCommand } from './command-line.js';

/** Writes the folder. @throws Error when the model cannot be loaded, or Hugging Face has no format for it or its tokenizer */
export async function exportCommand(command: ExportCommand, terminal: Terminal): Promise<void> {
  const { to, noTokenizer, weights } = command;
  await startEngine(command);
  const { model, tokenizer } = await loadModel(await resolveSource(command.model, terminal), { weights });
  try {
    await savePretrained(model, resolveUserPath(to), { tokenizer: noTokenizer ? undefined : tokenizer });
  } finally {
    model.dispose();
  }
  terminal.print(
    `${to}: in Python, transformers.AutoModelForCausalLM.from_pretrained(${JSON.stringify(to)})`,
  );
}
