// `export`: writes a model as a folder in Hugging Face's format.
import {
  modelProgress,
  resolveSource,
  resolveUserPath,
  shellCommand,
  startEngine,
  type Terminal,
} from '@lilformer/command-line';
import { LanguageModel, loadModel, modelDefinitions, savePretrained, type AnyModel } from '@lilformer/models';
import type { ExportCommand } from './command-line.js';

/** Writes the folder. @throws Error when the model cannot be loaded, or Hugging Face has no format for it or its tokenizer */
export async function exportCommand(command: ExportCommand, terminal: Terminal): Promise<void> {
  const { to, noTokenizer, weights } = command;
  await startEngine(command);
  const { model, tokenizer } = await loadModel(await resolveSource(command.model, terminal), {
    weights,
    onProgress: modelProgress(terminal),
  });
  try {
    checkExportable(model, command.model);
    await savePretrained(model, resolveUserPath(to), { tokenizer: noTokenizer ? undefined : tokenizer });
  } finally {
    model.dispose();
  }
  terminal.print(
    `${to}: in Python, transformers.AutoModelForCausalLM.from_pretrained(${JSON.stringify(to)})`,
  );
}

/** @throws Error naming the types of models to train instead, when Hugging Face has no architecture for this one */
function checkExportable(model: AnyModel, source: string): void {
  if (!(model instanceof LanguageModel)) return;
  const able = [...modelDefinitions().values()]
    .filter(({ causal = true, huggingFace, toHuggingFace }) => causal && (huggingFace ?? toHuggingFace))
    .map(({ type }) => type);
  if (able.includes(model.config.type)) return;
  throw new Error(
    `${source}: a model of type ${model.config.type} cannot be exported: Hugging Face's libraries have no architecture with its layers. ` +
      `Expected one of type ${able.join(', ')}. Train one: ${shellCommand('train', ['--model', 'nano-gpt', '--data', 'FILE'])}. ` +
      'PyTorch loads the model.safetensors of any run with safetensors.torch.load_file.',
  );
}
