export { LanguageModel, type LossOptions, type ModelConfig } from './language-model.js';
export { createModel, modelTypes, type AnyModelConfig, type ModelType } from './registry.js';
export { modelFromCheckpoint, type FromCheckpointOptions, type LoadedModel } from './from-checkpoint.js';
export { BigramLM, type BigramConfig } from './bigram.js';
export { AttentionLM, type AttentionConfig } from './attention.js';
export { PositionalAttentionLM, type PositionalAttentionConfig } from './positional-attention.js';
export { AttentionFFNLM, type AttentionFFNConfig } from './attention-ffn.js';
export { TransformerBlock, TransformerLM, type TransformerConfig } from './transformer.js';
export { StackedTransformerLM, type StackedTransformerConfig } from './stacked-transformer.js';
export { MultiHeadTransformerLM, type MultiHeadTransformerConfig } from './multi-head-transformer.js';
export { MoETransformerBlock, MoETransformerLM, type MoETransformerConfig } from './moe-transformer.js';
export { TinyTransformerBlock, TinyTransformerLM, type TinyTransformerConfig } from './tiny-transformer.js';
export { RecurrentLM } from './recurrent.js';
export { SimpleRNN, type SimpleRNNConfig } from './simple-rnn.js';
export { MultiLayerRNN, type MultiLayerRNNConfig } from './multi-layer-rnn.js';
export { GRULM, type GRUConfig } from './gru.js';
export { NanoGPT, NanoGPTBlock, type NanoGPTConfig } from './nano-gpt.js';
export { CharGPT, CharGPTBlock, type CharGPTConfig } from './char-gpt.js';
export { GPT2LMHeadModel, type GPT2Config } from './gpt2.js';
export { BertForMaskedLM, BertModel, type BertConfig, type BertOptions, type BertResult } from './bert.js';
export { BartForConditionalGeneration, type BartConfig } from './bart.js';
export { T5ForConditionalGeneration, type T5Config } from './t5.js';
export {
  EncoderDecoderModel,
  type DecodeOptions,
  type EncodeOptions,
  type EncoderDecoderConfig,
} from './encoder-decoder-model.js';
export {
  architectureNames,
  architectureOf,
  generationConfigOf,
  type Architecture,
  type PretrainedModel,
} from './pretrained.js';
export { fromPretrained, type FromPretrainedOptions, type Pretrained } from './from-pretrained.js';
export { savePretrained, type SavePretrainedOptions } from './save-pretrained.js';
export type { DownloadProgress, HubOptions } from './hub.js';
export { huggingFaceForm, type HuggingFaceForm } from './hugging-face-form.js';
export type { HuggingFaceConfig } from './hugging-face-config.js';
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
