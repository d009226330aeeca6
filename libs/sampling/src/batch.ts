// Several prompts at once. Positions are learned for the start of a text, so shorter prompts cannot be
// padded on the left to the length of longer ones: prompts of equal length run side by side, and the
// groups one after the other.
import type { LanguageModel } from '@lilformer/models';
import type { Tokenizer } from '@lilformer/tokenizers';
import { pieces, type Generated } from './generate.js';
import { lockstep, type Finish } from './lockstep.js';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';
import { promptIds, type Prompt } from './prompt.js';

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
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompts: readonly Prompt[],
  options: BatchOptions = {},
): Promise<Generated[]> {
  const { seed, ...rest } = options;
  const settings = settingsFrom(rest, tokenizer);
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
      piece: pieces(tokenizer, ids),
      text: '',
      ids: [] as number[],
      finish: 'length' as Finish,
    };
  });
  const groups = new Map<number, typeof rows>();
  for (const row of rows) {
    // Of texts that outgrow the context only its length is seen, so they are all equally long.
    row.prompt = row.prompt.slice(-(model.contextLength + 1));
    const { length } = row.prompt;
    groups.set(length, [...(groups.get(length) ?? []), row]);
  }
  for (const group of groups.values()) {
    const texts = group.map(({ prompt }) => prompt);
    const randoms = group.map(({ random }) => random);
    for await (const { row, id, finish } of lockstep(model, texts, randoms, settings)) {
      const at = group[row];
      at.ids.push(id);
      at.text += at.piece(id, finish);
      at.finish = finish ?? at.finish;
    }
  }
  return rows.map(({ text, ids, finish }) => ({ text, ids, finish }));
}
