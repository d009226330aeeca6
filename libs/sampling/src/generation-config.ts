// Hugging Face's generation_config.json: how the authors of a pretrained model recommend to generate.
import { EncoderDecoderModel } from '@lilformer/models';
import { BEAM_SEARCH_ONLY, type GenerateOptions } from './options.js';
import type { GenerativeModel } from './sequences/generative-model.js';

/**
 * Completes options with the values of a generation_config.json, except those that the strategy of the options does not
 * use. Options that ask for sampling (`temperature`, for example) override a beam search of the file. Sampling settings of
 * the file are ignored.
 *
 * @param config the parsed file; `{}` for a model without one
 */
export function applyGenerationConfig(
  options: GenerateOptions,
  config: Readonly<Record<string, unknown>>,
  model: GenerativeModel,
): GenerateOptions {
  const number = (name: string): number | undefined =>
    typeof config[name] === 'number' ? config[name] : undefined;
  // The file's lengths include an encoder-decoder's start token, or a decoder's prompt, which is not known here.
  const length = (name: string): number | undefined => {
    const total = number(name);
    return model instanceof EncoderDecoderModel && total ? total - 1 : undefined;
  };
  const eos = [config.eos_token_id].flat().filter((id) => typeof id === 'number');
  const early = config.early_stopping;
  const defaults: GenerateOptions = {
    maxNewTokens: number('max_new_tokens') ?? length('max_length'),
    minNewTokens: number('min_new_tokens') ?? length('min_length'),
    repetitionPenalty: number('repetition_penalty'),
    noRepeatNgramSize: number('no_repeat_ngram_size') || undefined, // 0 in the file: no limit
    badWordsIds: Array.isArray(config.bad_words_ids) ? (config.bad_words_ids as number[][]) : undefined,
    forcedBosTokenId: number('forced_bos_token_id'),
    forcedEosTokenId: number('forced_eos_token_id'),
    eosTokenId: eos.length > 0 ? eos : undefined,
    numBeams: number('num_beams'),
    lengthPenalty: number('length_penalty'),
    earlyStopping: early === 'never' || typeof early === 'boolean' ? early : undefined,
  };
  const given = definedEntries(options);
  const samples = given.some(([name]) => /^(temperature|topK|topP|minP|typicalP|seed)$/.test(name));
  const numBeams = options.numBeams ?? (samples ? 1 : (defaults.numBeams ?? 1));
  const unused: readonly string[] = numBeams > 1 ? [] : ['numBeams', ...BEAM_SEARCH_ONLY];
  return Object.fromEntries([
    ...definedEntries(defaults).filter(([name]) => !unused.includes(name)),
    ...given,
  ]);
}

function definedEntries(options: object): [string, unknown][] {
  return Object.entries(options).filter(([, value]) => value !== undefined);
}
