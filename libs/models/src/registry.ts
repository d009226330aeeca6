// The models by name, so that a run folder's config.json is enough to build its model again.
import type { Random } from '@lilformer/random';
import { AttentionFFNLM, type AttentionFFNConfig } from './attention-ffn.js';
import { AttentionLM, type AttentionConfig } from './attention.js';
import { BigramLM, type BigramConfig } from './bigram.js';
import type { LanguageModel } from './language-model.js';
import { CharGPT, type CharGPTConfig } from './char-gpt.js';
import { GPT2LMHeadModel, type GPT2Config } from './gpt2.js';
import { GRULM, type GRUConfig } from './gru.js';
import { MoETransformerLM, type MoETransformerConfig } from './moe-transformer.js';
import { MultiHeadTransformerLM, type MultiHeadTransformerConfig } from './multi-head-transformer.js';
import { MultiLayerRNN, type MultiLayerRNNConfig } from './multi-layer-rnn.js';
import { NanoGPT, type NanoGPTConfig } from './nano-gpt.js';
import { PositionalAttentionLM, type PositionalAttentionConfig } from './positional-attention.js';
import { SimpleRNN, type SimpleRNNConfig } from './simple-rnn.js';
import { StackedTransformerLM, type StackedTransformerConfig } from './stacked-transformer.js';
import { TinyTransformerLM, type TinyTransformerConfig } from './tiny-transformer.js';
import { TransformerLM, type TransformerConfig } from './transformer.js';

/** The settings of any model here; `type` says which. */
export type AnyModelConfig =
  | BigramConfig
  | AttentionConfig
  | PositionalAttentionConfig
  | AttentionFFNConfig
  | TransformerConfig
  | StackedTransformerConfig
  | MultiHeadTransformerConfig
  | MoETransformerConfig
  | TinyTransformerConfig
  | SimpleRNNConfig
  | MultiLayerRNNConfig
  | GRUConfig
  | NanoGPTConfig
  | GPT2Config
  | CharGPTConfig;

/** Name of a kind of model. */
export type ModelType = AnyModelConfig['type'];

const MODELS: {
  [Type in ModelType]: new (
    settings: Extract<AnyModelConfig, { type: Type }>,
    random: Random,
  ) => LanguageModel;
} = {
  bigram: BigramLM,
  attention: AttentionLM,
  'positional-attention': PositionalAttentionLM,
  'attention-ffn': AttentionFFNLM,
  transformer: TransformerLM,
  'stacked-transformer': StackedTransformerLM,
  'multi-head-transformer': MultiHeadTransformerLM,
  'moe-transformer': MoETransformerLM,
  'tiny-transformer': TinyTransformerLM,
  'simple-rnn': SimpleRNN,
  'multi-layer-rnn': MultiLayerRNN,
  gru: GRULM,
  'nano-gpt': NanoGPT,
  gpt2: GPT2LMHeadModel,
  'char-gpt': CharGPT,
};

/** All values of `type`. */
export const modelTypes = Object.keys(MODELS) as readonly ModelType[];

/**
 * Builds an untrained model.
 *
 * @param config `type` and the sizes of that type; typically parsed from JSON, and checked
 * @param random draws the first weights, as PyTorch's defaults have them
 * @throws TypeError or RangeError naming the setting that is unknown, missing or out of range
 */
export function createModel(config: AnyModelConfig, random: Random): LanguageModel {
  if (!Object.hasOwn(MODELS, config?.type)) {
    throw new TypeError(
      `model type ${JSON.stringify(config?.type)}: expected one of ${modelTypes.join(', ')}`,
    );
  }
  // The table pairs each type with the model that takes its settings; TypeScript cannot follow the pairing.
  const Model = MODELS[config.type] as new (settings: AnyModelConfig, random: Random) => LanguageModel;
  return new Model(config, random);
}
