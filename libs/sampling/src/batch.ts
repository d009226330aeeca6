// Several prompts at once, side by side as far as they can be: see text-model.ts.
import type { Tokenizer } from '@lilformer/tokenizers';
import type { Generated } from './generate.js';
import { lockstep, type Finish } from './lockstep.js';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';
import { promptIds, type Prompt } from './prompt.js';
import { beginningOf, scorerOf, sideBySide, type TextModel } from './text-model.js';
import { TextWriter } from './text-writer.js';

/** {@link GenerateOptions} for several prompts. */
export interface BatchOptions extends Omit<GenerateOptions, 'seed'> {
  /**
   * One seed for every row, each of which then gives what it gives alone (and equal prompts equal texts), or
   * one for each row. Left out, every row draws anew.
   */
  readonly seed?: number | string | readonly (number | string)[];
}

/**
 * Continues several prompts, of any lengths; each result is the one that `generateText` gives for that
 * prompt with that seed. Rows that have ended cost nothing any more.
 *
 * @param prompts texts or ids, in any number
 * @returns the continuations in the order of the prompts
 * @throws RangeError, TypeError or Error when a prompt or an option is not usable
 */
export async function generateBatch(
  model: TextModel,
  tokenizer: Tokenizer,
  prompts: readonly Prompt[],
  options: BatchOptions = {},
): Promise<Generated[]> {
  const { seed, ...rest } = options;
  const settings = settingsFrom(model, rest, tokenizer);
  if (Array.isArray(seed) && seed.length !== prompts.length) {
    throw new RangeError(
      `seed: ${seed.length} given for ${prompts.length} prompts, expected one or one each`,
    );
  }
  const rows = prompts.map((prompt, row) => {
    const ids = promptIds(model, prompt, tokenizer);
    return {
      prompt: ids,
      random: randomFrom(Array.isArray(seed) ? seed[row] : seed),
      writer: new TextWriter(tokenizer, beginningOf(model, ids), settings.stopTexts),
      text: '',
      ids: [] as number[],
      finish: 'length' as Finish,
    };
  });
  const texts = rows.map(({ prompt }) => prompt);
  for (const places of sideBySide(model, texts, settings.maxTokens)) {
    const group = places.map((place) => rows[place]);
    const scorer = scorerOf(
      model,
      group.map(({ prompt }) => prompt),
      settings,
    );
    const randoms = group.map(({ random }) => random);
    const writers = group.map(({ writer }) => writer);
    for await (const { row, id, text, finish } of lockstep(scorer, randoms, settings, writers)) {
      const at = group[row];
      at.ids.push(id);
      at.text += text;
      at.finish = finish ?? at.finish;
    }
  }
  return rows.map(({ text, ids, finish }) => ({ text, ids, finish }));
}
