export type { AddedToken } from './added-tokens.js';
export { BpeTokenizer, type BpeConfig, type DetailedEncoding } from './bpe.js';
export type { BpeModelConfig } from './bpe-model.js';
export { trainBpe, type TrainBpeOptions, type TrainBpeProgress } from './bpe-trainer.js';
export { byteLevelAlphabet } from './byte-level.js';
export { CharTokenizer, type CharTokenizerOptions } from './char.js';
export { CompactTokenizer, type UnknownCounts } from './compact.js';
export { CompactBuilder } from './compact-builder.js';
export type { Corpus, CorpusFiles } from './corpus.js';
export type { DecoderConfig } from './decoders.js';
export { loadTokenizer, saveTokenizer, tokenizerFromJSON } from './files.js';
export { gpt2Tokenizer } from './gpt2.js';
export { PipelineTokenizer } from './pipeline.js';
export type { SpecialTokensTemplate } from './post-processor.js';
export {
  byteLevel,
  noPreTokenizer,
  whitespace,
  words,
  type ByteLevelOptions,
  type PreTokenizer,
} from './pre-tokenizers.js';
export { toHuggingFace } from './to-hugging-face.js';
export type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
