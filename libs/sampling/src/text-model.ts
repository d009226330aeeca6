// The two kinds of models that write, and what differs between them for the loops.
import { EncoderDecoderModel, RecurrentLM, type LanguageModel } from '@lilformer/models';
import { EncoderDecoderScorer } from './encoder-decoder-scorer.js';
import { LanguageModelScorer } from './language-model-scorer.js';
import type { Settings } from './options.js';
import type { Scorer } from './scorer.js';

/** A model that writes: one that continues its prompt, or one that reads it and answers. */
export type TextModel = LanguageModel | EncoderDecoderModel;

/** The scores of a model for texts that grow from these prompts, which may run side by side. */
export function scorerOf(
  model: TextModel,
  prompts: readonly (readonly number[])[],
  settings: Pick<Settings, 'cache' | 'onOverflow'>,
): Scorer {
  return model instanceof EncoderDecoderModel
    ? new EncoderDecoderScorer(model, prompts, settings)
    : new LanguageModelScorer(model, prompts, settings);
}

/** What a text that the model writes begins with: the prompt, where the model continues it. */
export function beginningOf(model: TextModel, prompt: readonly number[]): readonly number[] {
  return model instanceof EncoderDecoderModel ? [] : prompt;
}

/**
 * Which prompts run side by side, by their places. Shorter ones are padded, which a recurrent model cannot read over; and
 * a text that will outgrow the context runs with those of its length only, as others would slide with it.
 */
export function sideBySide(
  model: TextModel,
  prompts: readonly (readonly number[])[],
  maxTokens: number,
): number[][] {
  if (model instanceof EncoderDecoderModel) return prompts.length > 0 ? [[...prompts.keys()]] : [];
  const context = model.contextLength;
  const groups = new Map<number, number[]>();
  prompts.forEach(({ length }, place) => {
    const fits = !(model instanceof RecurrentLM) && length + maxTokens - 1 <= context;
    // Of texts beyond the context only its length is seen, so they are all equally long.
    const key = fits ? 0 : Math.min(length, context + 1);
    groups.set(key, [...(groups.get(key) ?? []), place]);
  });
  return [...groups.values()];
}
