export { CharTokenizer, type CharTokenizerOptions } from './char.js';
export type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
