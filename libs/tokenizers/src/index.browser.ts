// What works in a page: all but the file system.
export { BpeTokenizer, type Encoding } from './bpe/bpe.js';
export { trainBpe, type TrainBpeOptions, type TrainBpeProgress } from './bpe/bpe-trainer.js';
export { gpt2Tokenizer } from './bpe/gpt2.js';
export { TextbookBpe } from './bpe/textbook.js';
export { CharTokenizer } from './char/char.js';
export { CompactTokenizer, type UnknownCounts } from './compact/compact.js';
export { CompactBuilder } from './compact/compact-builder.js';
export type { Corpus } from './corpus.js';
export { tokenizerFromJSON } from './files/from-json.js';
export { tokenizerFromFiles } from './files/tokenizer-from-files.js';
export { toHuggingFace } from './files/to-hugging-face.js';
export { checkOptionNames } from './option-names.js';
export { PipelineTokenizer } from './pipeline/pipeline.js';
export { byteLevel, preTokenize, type PreTokenizer } from './pipeline/pre-tokenizers.js';
export type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
