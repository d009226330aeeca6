// The two kinds of generative models, and what the decoding strategies need to know about the difference.
import { EncoderDecoderModel, RecurrentLM, type LanguageModel } from '@lilformer/models';
import { CausalBatch } from './causal-batch.js';
import { EncoderDecoderBatch } from './encoder-decoder-batch.js';
import type { BatchSettings, SequenceBatch } from './sequence-batch.js';

/** A model that generates: one that continues its prompt, or an encoder-decoder (BART, T5) that answers it. */
export type GenerativeModel = LanguageModel | EncoderDecoderModel;

/** A batch of sequences, one for each prompt. The prompts must be of one group of {@link groupPrompts}. */
export function openBatch(
  model: GenerativeModel,
  prompts: readonly (readonly number[])[],
  settings: BatchSettings,
): SequenceBatch {
  return model instanceof EncoderDecoderModel
    ? new EncoderDecoderBatch(model, prompts, settings.useCache)
    : new CausalBatch(model, prompts, settings);
}

/** The ids that the generated ones follow: the prompt, or none in an encoder-decoder. */
export function outputPrefix(model: GenerativeModel, prompt: readonly number[]): readonly number[] {
  return model instanceof EncoderDecoderModel ? [] : prompt;
}

/**
 * Groups the indices of prompts that can share a batch. Shorter prompts are padded, which recurrent models cannot skip;
 * sequences that will exceed the context share a batch with those of their length only, because padding would slide too.
 */
export function groupPrompts(
  model: GenerativeModel,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): number[][] {
  if (model instanceof EncoderDecoderModel) return prompts.length > 0 ? [[...prompts.keys()]] : [];
  const groups = new Map<number, number[]>();
  prompts.forEach(({ length }, index) => {
    const fits = !(model instanceof RecurrentLM) && length + maxNewTokens - 1 <= model.contextLength;
    // Prompts beyond the context are cropped to its length.
    const key = fits ? 0 : Math.min(length, model.contextLength + 1);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  return [...groups.values()];
}
