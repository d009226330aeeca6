// Beam search for whoever has a model and prompts; the search itself is in beam-search.ts.
import type { Tokenizer } from '@lilformer/tokenizers';
import { searchBeams, type Beam } from './beam-search.js';
import type { Generated } from './generate.js';
import { beamSettingsFrom, type BeamOptions, type BeamSettings } from './options.js';
import { promptIds, type Prompt } from './prompt.js';
import { beginningOf, scorerOf, sideBySide, type TextModel } from './text-model.js';
import { TextWriter } from './text-writer.js';

/** A text that a beam search has found. */
export interface BeamText extends Generated {
  /** Summed log-probability, after penalties, divided by the number of tokens to the power of `lengthPenalty`. */
  readonly score: number;
}

/**
 * Searches for the likeliest continuations of prompts (of an encoder-decoder: answers to them), side by side.
 *
 * @param prompts texts or ids, in any number
 * @returns for each prompt `sequences` texts, best first
 * @throws RangeError, TypeError or Error when a prompt or an option is not usable
 */
export async function beamSearch(
  model: TextModel,
  tokenizer: Tokenizer,
  prompts: readonly Prompt[],
  options: BeamOptions = {},
): Promise<BeamText[][]> {
  const settings = beamSettingsFrom(model, options, tokenizer);
  const texts = prompts.map((prompt) => promptIds(model, prompt, tokenizer));
  const writerOf = (text: number): TextWriter =>
    new TextWriter(tokenizer, beginningOf(model, texts[text]), settings.stopTexts);
  const stopped = (ids: readonly number[], text: number): boolean => {
    const writer = writerOf(text);
    return ids.some((id) => writer.push(id));
  };
  const found = await search(model, texts, settings, settings.stopTexts.length > 0 ? stopped : undefined);
  return found.map((beams, text) =>
    beams.map(({ ids, score, finish }) => {
      const writer = writerOf(text);
      ids.some((id) => settings.stopTokens.has(id) || writer.push(id));
      return { text: writer.end(), ids, finish, score };
    }),
  );
}

/**
 * The same from ids to ids, without a tokenizer. There are no stop tokens unless they are given, or the model is an
 * encoder-decoder.
 *
 * @param prompts each of at least one id
 * @throws RangeError, TypeError or Error when a prompt or an option is not usable
 */
export async function beamSearchIds(
  model: TextModel,
  prompts: readonly Iterable<number>[],
  options: BeamOptions = {},
): Promise<Beam[][]> {
  const settings = beamSettingsFrom(model, options);
  const texts = prompts.map((prompt) => promptIds(model, prompt));
  return search(model, texts, settings);
}

async function search(
  model: TextModel,
  texts: readonly (readonly number[])[],
  settings: BeamSettings,
  stopped: (ids: readonly number[], text: number) => boolean = () => false,
): Promise<Beam[][]> {
  const found: Beam[][] = [];
  for (const places of sideBySide(model, texts, settings.maxTokens)) {
    const group = places.map((place) => texts[place]);
    const scorer = scorerOf(model, group, settings);
    const beams = await searchBeams(scorer, settings, (ids, row) => stopped(ids, places[row]));
    beams.forEach((one, row) => (found[places[row]] = one));
  }
  return found;
}
