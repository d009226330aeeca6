// Models as Hugging Face's libraries load them: config.json, model.safetensors, generation_config.json of those that write,
// and the tokenizer's files. Each takes its place when it is whole.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic, writeSafetensors } from '@lilformer/checkpoints';
import type { Module } from '@lilformer/layers';
import { toHuggingFace, type Tokenizer } from '@lilformer/tokenizers';
import { EncoderDecoderModel } from './encoder-decoder-model.js';
import { huggingFaceForm } from './hugging-face-form.js';
import { LanguageModel } from './language-model.js';

/** What {@link savePretrained} writes besides the model. */
export interface SavePretrainedOptions {
  /** The tokenizer that the model was trained with. */
  readonly tokenizer?: Tokenizer;
  /** Settings of generation instead of those that follow from the model's. */
  readonly generationConfig?: Readonly<Record<string, unknown>>;
}

/**
 * Writes a folder that `fromPretrained` loads, and Python's transformers
 * (`AutoModelForCausalLM.from_pretrained(folder)`, or the class of the family), with the same logits.
 *
 * @param folder made where it is missing; its files of these names are replaced
 * @throws Error saying why Hugging Face's files cannot hold this model or tokenizer, before anything is written; or the
 *   path and what to do when the disk refuses
 */
export async function savePretrained(
  model: Module,
  folder: string,
  { tokenizer, generationConfig }: SavePretrainedOptions = {},
): Promise<void> {
  const form = huggingFaceForm(model);
  const files: [string, unknown][] = [];
  if (model instanceof LanguageModel || model instanceof EncoderDecoderModel) {
    files.push(['generation_config.json', generationConfig ?? form.generationConfig]);
  }
  if (tokenizer) {
    files.push(['tokenizer.json', toHuggingFace(tokenizer)]);
    files.push(['tokenizer_config.json', tokenizerConfig(tokenizer, model)]);
  }
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, 'model.safetensors'), form.tensors, { format: 'pt' });
  for (const [name, json] of [...files, ['config.json', form.config] as const]) {
    await writeFileAtomic(join(folder, name), `${withFractions(JSON.stringify(json, null, 2))}\n`);
  }
}

/** Settings that are fractions, where their value happens to be none. */
const FRACTIONS =
  /^( {2}"[a-z_]*(?:drop|dropout|_prob|_eps|_epsilon|_std|_factor|_range|_penalty)": -?\d+)(,?)$/gm;

/** Python tells 1 from 1.0, and transformers refuses one for the other. */
function withFractions(json: string): string {
  return json.replace(FRACTIONS, '$1.0$2');
}

/** Names of special tokens, as far as there are such tokens, under what transformers calls them. */
function tokenizerConfig(tokenizer: Tokenizer, model: Module): Record<string, unknown> {
  const named = (id: number | undefined): string | undefined =>
    id === undefined ? undefined : tokenizer.idToToken(id);
  const among = (...tokens: string[]): string | undefined =>
    tokens.find((token) => tokenizer.tokenToId(token) !== undefined);
  const { contextLength } = model as { contextLength?: unknown };
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    ...(typeof contextLength === 'number' &&
      Number.isFinite(contextLength) && { model_max_length: contextLength }),
    bos_token: among('<s>', '<|endoftext|>'),
    eos_token: named(tokenizer.eosTokenId),
    unk_token: named(tokenizer.unkTokenId),
    pad_token: named(tokenizer.padTokenId),
    cls_token: among('[CLS]'),
    sep_token: among('[SEP]'),
    mask_token: among('[MASK]', '<mask>'),
  };
}
