// Builds tokenizers of every kind from JSON.
import { BpeTokenizer } from '../bpe/bpe.js';
import { CharTokenizer } from '../char/char.js';
import { CompactTokenizer } from '../compact/compact.js';
import { JsonFields } from '../json-fields.js';
import { PipelineTokenizer } from '../pipeline/pipeline.js';
import type { Tokenizer } from '../tokenizer.js';

/**
 * Builds a tokenizer from the result of `toJSON()`, a Hugging Face `tokenizer.json`, or a compact table.
 *
 * @throws Error naming the wrong or unsupported field
 */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  const { record } = new JsonFields('tokenizer', '', json);
  if (record.type === 'char') return CharTokenizer.fromJSON(record);
  if ('gpt2_to_compact' in record) return CompactTokenizer.fromJSON(record);
  if ('model' in record)
    return isBpe(record.model) ? BpeTokenizer.fromJSON(record) : PipelineTokenizer.fromJSON(record);
  throw new Error(
    'tokenizer: unknown kind. Expected "type": "char", a compact table with "gpt2_to_compact", ' +
      'or a Hugging Face tokenizer.json with "model".',
  );
}

/** Old files omit the type of the model; only BPE has merges. */
function isBpe(model: unknown): boolean {
  if (typeof model !== 'object' || model === null) return true;
  const { type, merges } = model as Record<string, unknown>;
  return type === 'BPE' || (type === undefined && merges !== undefined);
}
