export type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
