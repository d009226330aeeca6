// A model in the files of Hugging Face's libraries.
import { serializeSafetensors, type NamedArray } from '@lilformer/checkpoints';
import type { Module } from '@lilformer/layers';
import { checkOptionNames, toHuggingFace, type Tokenizer } from '@lilformer/tokenizers';
import { EncoderDecoderModel } from '../core/encoder-decoder-model.js';
import { toHuggingFaceConfig, type HuggingFaceConfig } from '../core/hugging-face.js';
import { LanguageModel } from '../core/language-model.js';
import { definitionOf, modelDefinitions } from '../core/registry.js';
import { generationConfigOf } from './generation-config.js';

/** A model in Hugging Face's format. */
export interface HuggingFaceFiles {
  /** config.json */
  readonly config: HuggingFaceConfig;
  /** generation_config.json */
  readonly generationConfig: Readonly<Record<string, unknown>>;
  /** The weights; a tied weight under its first name only. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

/** What {@link pretrainedFiles} and `savePretrained` write besides the model. */
export interface SavePretrainedOptions {
  /** The tokenizer that the model was trained with. */
  readonly tokenizer?: Tokenizer;
  /** Generation options instead of those that follow from the model's config. */
  readonly generationConfig?: Readonly<Record<string, unknown>>;
}

/**
 * The files that `savePretrained` writes, in memory: those that `loadModel` and Python's transformers load.
 *
 * @throws Error when Hugging Face has no architecture for this model, or the tokenizer has no form there
 */
export function pretrainedFiles(
  model: Module,
  options: SavePretrainedOptions = {},
): Map<string, Uint8Array<ArrayBuffer>> {
  const { tensors, texts } = pretrainedParts(model, options);
  const encoder = new TextEncoder();
  return new Map([
    ['model.safetensors', serializeSafetensors(tensors, { format: 'pt' })],
    ...[...texts].map(([name, text]) => [name, encoder.encode(text)] as const),
  ]);
}

/** The weights, and the text files by name, config.json last. */
export function pretrainedParts(
  model: Module,
  options: SavePretrainedOptions,
): { readonly tensors: ReadonlyMap<string, NamedArray>; readonly texts: ReadonlyMap<string, string> } {
  checkOptionNames(options, ['tokenizer', 'generationConfig']);
  const { tokenizer, generationConfig } = options;
  const form = huggingFaceFiles(model);
  const files: [string, unknown][] = [];
  if (model instanceof LanguageModel || model instanceof EncoderDecoderModel) {
    files.push(['generation_config.json', generationConfig ?? form.generationConfig]);
  }
  if (tokenizer) {
    files.push(['tokenizer.json', toHuggingFace(tokenizer)]);
    files.push(['tokenizer_config.json', tokenizerConfig(tokenizer, model)]);
  }
  files.push(['config.json', form.config]);
  const text = (json: unknown): string => `${withFractions(JSON.stringify(json, null, 2))}\n`;
  return { tensors: form.tensors, texts: new Map(files.map(([name, json]) => [name, text(json)])) };
}

/**
 * A model's config and weights in Hugging Face's format.
 * @throws Error when Hugging Face has no architecture for this model
 */
export function huggingFaceFiles(model: Module): HuggingFaceFiles {
  const definition = definitionOf(model);
  if (definition?.toHuggingFace) {
    const converted = definition.toHuggingFace(model);
    try {
      return huggingFaceFiles(converted);
    } finally {
      converted.dispose();
    }
  }
  if (!definition?.huggingFace) {
    const able = [...modelDefinitions().values()].filter((one) => one.huggingFace ?? one.toHuggingFace);
    throw new Error(
      `${model.constructor.name}: no architecture of Hugging Face's has its layers. Expected one of ` +
        `${able.map(({ type }) => type).join(', ')}. The model.safetensors of its run folder loads in PyTorch with ` +
        'safetensors.torch.load_file, under the names of its state dict.',
    );
  }
  const { config } = model as unknown as { config: Readonly<Record<string, unknown>> };
  const json = toHuggingFaceConfig(definition.huggingFace, definition.config, config);
  return { config: json, generationConfig: generationConfigOf(json), tensors: firstNames(model) };
}

/** The state dict without the second names of tied weights. */
function firstNames(model: Module): Map<string, NamedArray> {
  const seen = new Set<unknown>();
  const tensors = model.stateDict();
  for (const [name, entry] of model.stateEntries()) {
    if (seen.has(entry)) tensors.delete(name);
    seen.add(entry);
  }
  return tensors;
}

/** Entries that Python reads as floats, when their value is a whole number. */
const FRACTIONS =
  /^( {2}"[a-z_]*(?:drop|dropout|_prob|_eps|_epsilon|_std|_factor|_range|_penalty)": -?\d+)(,?)$/gm;

/** transformers rejects 1 where it expects 1.0. */
function withFractions(json: string): string {
  return json.replace(FRACTIONS, '$1.0$2');
}

/** The special tokens that the tokenizer has, under transformers' names. */
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
