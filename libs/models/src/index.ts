export { LanguageModel, type ModelConfig } from './language-model.js';
export { Capture, KeyValueCache, type CapturedValue, type ForwardOptions } from '@lilformer/layers';
