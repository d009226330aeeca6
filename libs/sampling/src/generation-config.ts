// Hugging Face's generation_config.json in the settings here: how a published model is meant to write. Leaves out what it
// has that is not here, such as watermarks, and drawing (temperature, top-k), which is the reader's choice.
import { EncoderDecoderModel } from '@lilformer/models';
import type { BeamOptions, WritingOptions } from './options.js';
import type { TextModel } from './text-model.js';

/** What a generation_config.json asks for. */
export interface GenerationDefaults {
  /** For every way of writing. */
  readonly writing: WritingOptions;
  /** For a beam search, where it asks for one. */
  readonly searching: BeamOptions | undefined;
}

/**
 * The settings that a generation_config.json asks for.
 *
 * @param config its contents; a setting that is absent or null is left out here as well
 */
export function generationDefaults(
  config: Readonly<Record<string, unknown>>,
  model: TextModel,
): GenerationDefaults {
  const number = (name: string): number | undefined =>
    typeof config[name] === 'number' ? config[name] : undefined;
  const isEncoderDecoder = model instanceof EncoderDecoderModel;
  // Its lengths count the start token of an encoder-decoder; those of a decoder count the prompt, which is not known here.
  const length = (name: string): number | undefined => {
    const whole = number(name);
    return isEncoderDecoder && whole !== undefined && whole > 0 ? whole - 1 : undefined;
  };
  const eos = [config.eos_token_id].flat().filter((id) => typeof id === 'number');
  const writing = given<WritingOptions>({
    maxTokens: number('max_new_tokens') ?? length('max_length'),
    minTokens: number('min_new_tokens') ?? length('min_length'),
    repetitionPenalty: number('repetition_penalty'),
    noRepeatNgram: number('no_repeat_ngram_size') || undefined, // 0 there: none
    badWords: Array.isArray(config.bad_words_ids) ? (config.bad_words_ids as number[][]) : undefined,
    forcedBos: number('forced_bos_token_id'),
    forcedEos: number('forced_eos_token_id'),
    stopTokens: eos.length > 0 ? eos : undefined,
  });
  const beams = number('num_beams') ?? 1;
  const { early_stopping: early } = config;
  const searching = given<BeamOptions>({
    ...writing,
    beams,
    sequences: number('num_return_sequences'),
    lengthPenalty: number('length_penalty'),
    earlyStopping: early === 'never' || typeof early === 'boolean' ? early : undefined,
  });
  return { writing, searching: beams > 1 ? searching : undefined };
}

/** The entries that are not undefined. */
function given<T extends object>(entries: { [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;
}
