// The architectures of Hugging Face that there are here, in one table: how to build one from its config.json, what the
// weights in its files are called, and what its config.json says. Leaves out reading and writing the files.
import type { Module } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { BartForConditionalGeneration } from './bart.js';
import { BertForMaskedLM, BertModel } from './bert.js';
import { GPT2LMHeadModel } from './gpt2.js';
import {
  bartConfig,
  bartSettings,
  bertConfig,
  bertSettings,
  gpt2Config,
  gpt2Settings,
  t5Config,
  t5Settings,
  type HuggingFaceConfig,
} from './hugging-face-config.js';
import { T5ForConditionalGeneration } from './t5.js';

/** A model that can come from Hugging Face's files, and go there. */
export type PretrainedModel =
  GPT2LMHeadModel | BertForMaskedLM | BertModel | BartForConditionalGeneration | T5ForConditionalGeneration;

/** One kind of model, as Hugging Face knows it. */
export interface Architecture<Model extends PretrainedModel = PretrainedModel> {
  /** The class's name, there and here: `GPT2LMHeadModel`. */
  readonly name: string;
  /** Its family, `model_type` in config.json. */
  readonly family: string;
  /** Other classes whose files hold all that this one needs. */
  readonly alsoFrom: readonly string[];
  /**
   * An untrained model; inside `withoutWeights` of `@lilformer/layers` one that waits for its weights.
   * @throws Error naming what the config lacks, or asks for and is not there
   */
  build(config: HuggingFaceConfig, random: Random): Model;
  /**
   * What the state dict here calls a weight of a file, whichever of Hugging Face's layouts the file has; undefined for
   * one that this model has no use for, such as a stored mask or another task's head.
   */
  key(name: string): string | undefined;
  /** The config.json of a model, with all that `build` needs. */
  configOf(model: Model): HuggingFaceConfig;
}

/** Typed where it is made, all alike in the table. */
function architecture<Model extends PretrainedModel>(
  entry: Architecture<Model> & { readonly Model: abstract new (...of: never[]) => Model },
): Architecture & { readonly Model: abstract new (...of: never[]) => PretrainedModel } {
  return entry as unknown as Architecture & { Model: abstract new (...of: never[]) => PretrainedModel };
}

/** The first of a family is taken where a config does not say which. */
const ARCHITECTURES = [
  architecture({
    name: 'GPT2LMHeadModel',
    family: 'gpt2',
    alsoFrom: ['GPT2Model'],
    Model: GPT2LMHeadModel,
    build: (config, random) => new GPT2LMHeadModel(gpt2Settings(config), random),
    key: (name) => {
      if (/\.attn\.(bias|masked_bias)$/.test(name)) return undefined; // the causal mask
      return name.startsWith('transformer.') || name === 'lm_head.weight' ? name : `transformer.${name}`;
    },
    configOf: ({ config }) => gpt2Config(config),
  }),
  architecture({
    name: 'BertForMaskedLM',
    family: 'bert',
    alsoFrom: ['BertForPreTraining'],
    Model: BertForMaskedLM,
    build: (config, random) => new BertForMaskedLM(bertSettings(config), random),
    key: (name) => {
      const modern = bertName(name);
      if (/^(bert\.)?pooler\.|^cls\.seq_relationship\./.test(modern)) return undefined; // of the other task
      if (modern.endsWith('.position_ids')) return undefined; // 0, 1, 2, …
      return /^(bert|cls)\./.test(modern) ? modern : `bert.${modern}`;
    },
    configOf: ({ config }) => bertConfig(config, 'BertForMaskedLM'),
  }),
  architecture({
    name: 'BertModel',
    family: 'bert',
    alsoFrom: [],
    Model: BertModel,
    build: (config, random) => new BertModel(bertSettings(config), random),
    key: (name) => {
      const modern = bertName(name).replace(/^bert\./, '');
      if (/^(cls|classifier|qa_outputs)\.|\.position_ids$/.test(modern)) return undefined; // heads of tasks
      return modern;
    },
    configOf: ({ config }) => bertConfig(config, 'BertModel'),
  }),
  architecture({
    name: 'BartForConditionalGeneration',
    family: 'bart',
    alsoFrom: ['BartModel'],
    Model: BartForConditionalGeneration,
    build: (config, random) => new BartForConditionalGeneration(bartSettings(config), random),
    key: (name) => {
      if (/^(model\.)?(en|de)coder\.version$|^classification_head\./.test(name)) return undefined;
      return /^(model\.|lm_head\.|final_logits_bias$)/.test(name) ? name : `model.${name}`;
    },
    configOf: ({ config }) => bartConfig(config),
  }),
  architecture({
    name: 'T5ForConditionalGeneration',
    family: 't5',
    alsoFrom: ['T5Model', 'T5WithLMHeadModel'],
    Model: T5ForConditionalGeneration,
    build: (config, random) => new T5ForConditionalGeneration(t5Settings(config), random),
    // Distances to another text mean nothing: early files have numbers for them that nobody reads.
    key: (name) => (name.endsWith('.EncDecAttention.relative_attention_bias.weight') ? undefined : name),
    configOf: ({ config }) => t5Config(config),
  }),
];

/** TensorFlow's names of a norm's weights, which early files have, in PyTorch's. */
function bertName(name: string): string {
  return name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

/** The classes that `architectureOf` knows. */
export const architectureNames: readonly string[] = ARCHITECTURES.map(({ name }) => name);

/**
 * The architecture that a config.json describes.
 *
 * @param name take this one of the same family, whatever the config says: `BertModel` of a `BertForMaskedLM`
 * @throws Error naming an architecture that is not here, and those that are
 */
export function architectureOf(config: HuggingFaceConfig, name?: string): Architecture {
  const { architectures, model_type: family } = config;
  const said = name ?? (Array.isArray(architectures) ? String(architectures[0]) : undefined);
  const found = ARCHITECTURES.find((one) =>
    said === undefined ? one.family === family : one.name === said || one.alsoFrom.includes(said),
  );
  if (!found || (family !== undefined && found.family !== family)) {
    throw new Error(
      `architecture ${said ?? '(none named)'} of model type ${JSON.stringify(family)}: expected one of ` +
        architectureNames.join(', '),
    );
  }
  return found;
}

/** Settings of generation that older config.json files hold themselves, and that are handed on as they are. */
const GENERATION = [
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'decoder_start_token_id',
  'forced_bos_token_id',
  'forced_eos_token_id',
  'max_length',
  'min_length',
  'num_beams',
  'length_penalty',
  'early_stopping',
  'no_repeat_ngram_size',
  'repetition_penalty',
] as const;

/** The generation_config.json that follows from a config.json, where there is none beside it. */
export function generationConfigOf(config: HuggingFaceConfig): Readonly<Record<string, unknown>> {
  const some = GENERATION.flatMap((name) =>
    config[name] === undefined || config[name] === null ? [] : [[name, config[name]]],
  );
  return { _from_model_config: true, ...(Object.fromEntries(some) as Record<string, unknown>) };
}

/** The architecture that a model is of; undefined where it is of none. */
export function architectureOfModel(model: Module): Architecture | undefined {
  return ARCHITECTURES.find(({ Model }) => model instanceof Model);
}
