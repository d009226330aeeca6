// A model as Hugging Face's files have it: those that come from there, and of our own the ones that an architecture there can
// hold exactly. Leaves out writing the files.
import type { NamedArray } from '@lilformer/checkpoints';
import { withoutWeights, type Module } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { GPT2LMHeadModel } from './gpt2.js';
import type { HuggingFaceConfig } from './hugging-face-config.js';
import { LanguageModel } from './language-model.js';
import { NanoGPT } from './nano-gpt.js';
import {
  architectureNames,
  architectureOfModel,
  generationConfigOf,
  type PretrainedModel,
} from './pretrained.js';
import type { ModelType } from './registry.js';

/** A model as Hugging Face's files have it. */
export interface HuggingFaceForm {
  /** What config.json says. */
  readonly config: HuggingFaceConfig;
  /** What generation_config.json says. */
  readonly generationConfig: Readonly<Record<string, unknown>>;
  /** The weights, a shared one under its first name only. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

/** Why no architecture of Hugging Face that there is here holds our other models. */
const WHY_NOT: Readonly<Record<Exclude<ModelType, 'gpt2' | 'nano-gpt'>, string>> = {
  bigram: 'it has no attention',
  attention:
    'its attention replaces what a token is, and no architecture there does without residual connections',
  'positional-attention':
    'its attention replaces what a token is, and no architecture there does without residual connections',
  'attention-ffn': 'it has no residual connections, and every architecture there does',
  transformer: 'its scores have a bias, and those of GPT-2, which is the nearest, have none',
  'stacked-transformer': 'its scores have a bias, and those of GPT-2, which is the nearest, have none',
  'multi-head-transformer': 'its scores have a bias, and those of GPT-2, which is the nearest, have none',
  'moe-transformer': 'it has experts, of which a token takes one, and GPT-2 has none',
  'tiny-transformer': 'it has RMSNorm, and GPT-2 has LayerNorm',
  'char-gpt': 'its scores have a bias, and those of GPT-2, which is the nearest, have none',
  'simple-rnn': 'it is a recurrent network, and the architectures there are transformers',
  'multi-layer-rnn': 'it is a recurrent network, and the architectures there are transformers',
  gru: 'it is a recurrent network, and the architectures there are transformers',
};

/**
 * A model as Hugging Face's files have it. Besides the architectures that come from there it takes a `nano-gpt`: a GPT-2
 * whose attention maps have biases of 0, and whose GELU is the exact one.
 *
 * @throws Error saying why no architecture of Hugging Face can hold this model
 */
export function huggingFaceForm(model: Module): HuggingFaceForm {
  if (model instanceof NanoGPT) {
    const gpt2 = asGPT2(model);
    try {
      return huggingFaceForm(gpt2);
    } finally {
      gpt2.dispose();
    }
  }
  const architecture = architectureOfModel(model);
  if (!architecture) {
    const type = model instanceof LanguageModel ? model.config.type : undefined;
    const why = type !== undefined && type in WHY_NOT ? `: ${WHY_NOT[type as keyof typeof WHY_NOT]}` : '';
    throw new Error(
      `no architecture of Hugging Face here holds a ${model.constructor.name}${why}; expected nano-gpt or one of ` +
        architectureNames.join(', '),
    );
  }
  const config = architecture.configOf(model as PretrainedModel);
  return { config, generationConfig: generationConfigOf(config), tensors: firstNames(model) };
}

/** The same model with GPT-2's names. */
function asGPT2(model: NanoGPT): GPT2LMHeadModel {
  const { vocabSize, dModel, nHeads, nLayers, contextLength } = model.config;
  const settings = { vocabSize, dModel, nHeads, nLayers, contextLength, activation: 'gelu' } as const;
  const gpt2 = withoutWeights(() => new GPT2LMHeadModel(settings, new Random(0)));
  const own = new Map(model.namedParameters());
  for (const [name, parameter] of gpt2.namedParameters()) {
    const values = own.get(nanoGPTName(name))?.values();
    parameter.assign(values ?? new Float32Array(parameter.size));
  }
  return gpt2;
}

/** What nanoGPT's model calls a weight of GPT-2; of a bias that it has not, no name of its. */
function nanoGPTName(name: string): string {
  return name
    .replace('.wte.', '.token_embedding.')
    .replace('.wpe.', '.position_embedding.')
    .replace('.h.', '.blocks.')
    .replace('.mlp.c_fc.', '.mlp.0.')
    .replace('.mlp.c_proj.', '.mlp.2.');
}

/** The state dict without second names of shared parameters. */
function firstNames(model: Module): Map<string, NamedArray> {
  const seen = new Set<unknown>();
  const tensors = model.stateDict();
  for (const [name, entry] of model.stateEntries()) {
    if (seen.has(entry)) tensors.delete(name);
    seen.add(entry);
  }
  return tensors;
}
