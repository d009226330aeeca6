// What works in a page: all but the file system.
export { LanguageModel } from './core/language-model.js';
export { EncoderDecoderModel } from './core/encoder-decoder-model.js';
export { RecurrentLM } from './core/recurrent.js';
export { createModel, modelCosts, modelDefinition, modelDefinitions } from './core/registry.js';
export { defineModel, type ModelConfig, type ModelDefinition } from './core/definition.js';
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
export { NanoGPT } from './nano-gpt.js';
export { GPT2LMHeadModel } from './gpt2.js';
export { BertForMaskedLM, BertModel } from './bert.js';
export { BartForConditionalGeneration } from './bart.js';
export { T5ForConditionalGeneration } from './t5.js';
export {
  loadModel,
  modelFromConfig,
  type AnyModel,
  type LoadedModel,
  type LoadModelOptions,
} from './files/load-model.js';
export type { ModelFiles } from './files/model-folder.js';
export { ModelNotFoundError } from './files/not-found.js';
export { pretrainedFiles } from './files/pretrained-files.js';
