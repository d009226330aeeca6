// Writes a model as a folder that Hugging Face's libraries load. Each file is replaced atomically.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic, writeSafetensors } from '@lilformer/checkpoints';
import type { Module } from '@lilformer/layers';
import { pretrainedParts, type SavePretrainedOptions } from './pretrained-files.js';

/**
 * Writes a folder that `loadModel` and Python's transformers load (`AutoModelForCausalLM.from_pretrained(folder)`), with
 * equal logits: config.json, model.safetensors, generation_config.json of models that generate, and the tokenizer's files.
 *
 * @param folder created if missing; its files of these names are replaced
 * @throws Error, before anything is written, when Hugging Face has no architecture for this model, or the tokenizer has no
 *   form there; or the path and the reason when writing fails
 */
export async function savePretrained(
  model: Module,
  folder: string,
  options: SavePretrainedOptions = {},
): Promise<void> {
  const { tensors, texts } = pretrainedParts(model, options);
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
  for (const [name, text] of texts) await writeFileAtomic(join(folder, name), text);
}
