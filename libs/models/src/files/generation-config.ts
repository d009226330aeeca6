// Generation options in config.json, where older files have them.
import type { HuggingFaceConfig } from '../core/hugging-face.js';

const OPTIONS = [
  ...['bos_token_id', 'eos_token_id', 'pad_token_id', 'decoder_start_token_id', 'forced_bos_token_id'],
  ...['forced_eos_token_id', 'max_length', 'min_length', 'num_beams', 'length_penalty', 'early_stopping'],
  ...['no_repeat_ngram_size', 'repetition_penalty'],
];

/** The generation_config.json that follows from a config.json. */
export function generationConfigOf(config: HuggingFaceConfig): Readonly<Record<string, unknown>> {
  const found = OPTIONS.filter((name) => config[name] !== undefined && config[name] !== null);
  return { _from_model_config: true, ...Object.fromEntries(found.map((name) => [name, config[name]])) };
}
