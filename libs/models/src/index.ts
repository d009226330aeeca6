export { LanguageModel, type LossOptions } from './core/language-model.js';
export { EncoderDecoderModel, type DecodeOptions, type EncodeOptions } from './core/encoder-decoder-model.js';
export { RecurrentLM } from './core/recurrent.js';
export { createModel, definitionOf, modelCosts, modelDefinition, modelDefinitions } from './core/registry.js';
export { defineModel, type ModelConfig, type ModelDefinition, type StateShapes } from './core/definition.js';
export {
  choice,
  defineConfig,
  fieldInfo,
  fields,
  flag,
  probability,
  size,
  type ConfigOf,
  type OptionsOf,
} from './core/config.js';
export { recurrentCosts, transformerCosts, type ModelCosts } from './core/costs.js';
export type { HuggingFaceConfig } from './core/hugging-face.js';
export { BigramLM } from './bigram.js';
export { AttentionLM } from './attention.js';
export { PositionalAttentionLM } from './positional-attention.js';
export { AttentionFFNLM } from './attention-ffn.js';
export { TransformerLM } from './transformer.js';
export { MultiHeadTransformerLM, StackedTransformerLM } from './multi-head-transformer.js';
export { MoETransformerLM } from './moe-transformer.js';
export { TinyTransformerLM } from './tiny-transformer.js';
export { CharGPT } from './char-gpt.js';
export { TiedTransformerLM } from './tied-transformer.js';
export { NanoGPT } from './nano-gpt.js';
export { SimpleRNN } from './simple-rnn.js';
export { MultiLayerRNN } from './multi-layer-rnn.js';
export { GRULM } from './gru.js';
export { GPT2LMHeadModel } from './gpt2.js';
export { BertForMaskedLM, BertModel } from './bert.js';
export { BartForConditionalGeneration } from './bart.js';
export { T5ForConditionalGeneration } from './t5.js';
export {
  architectureOf,
  loadModel,
  modelFromConfig,
  ModelNotFoundError,
  type AnyModel,
  type LoadedModel,
  type LoadModelOptions,
} from './files/load-model.js';
export { huggingFaceFiles, savePretrained, type SavePretrainedOptions } from './files/save-pretrained.js';
export {
  Cache,
  Capture,
  KeyValueCache,
  Module,
  RecurrentState,
  withoutWeights,
  type CapturedValue,
  type ForwardOptions,
} from '@lilformer/layers';
