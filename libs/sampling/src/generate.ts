// One text from a prompt: as a stream of ids, as a stream of text, or all at once.
// Several prompts are in batch.ts.
import type { LanguageModel } from '@lilformer/models';
import type { Tokenizer } from '@lilformer/tokenizers';
import { lockstep, type Finish } from './lockstep.js';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';
import { promptIds, type Prompt } from './prompt.js';

/** A token as `generateIds` gives it. */
export interface GeneratedId {
  readonly id: number;
  /** The scores [V] the token was drawn from, before any filter; `topTokens` makes probabilities of them. */
  readonly logits: Float32Array;
  /** Set on the last token: `'stop'` when it is a stop token, `'length'` when `maxTokens` is reached. */
  readonly finish: Finish | undefined;
}

/** A token as `generate` gives it. */
export interface GeneratedToken extends GeneratedId {
  /**
   * The text that is certain now, maybe none: a character of several tokens comes whole with its last one.
   * All pieces joined are the text.
   */
  readonly text: string;
}

/** A whole continuation. */
export interface Generated {
  /** What follows the prompt; stop token and special tokens are not shown. */
  readonly text: string;
  /** The ids that follow the prompt's, the stop token included. */
  readonly ids: number[];
  /** Why it ended. */
  readonly finish: Finish;
}

/**
 * Continues ids, one at a time, without a tokenizer. There are no stop tokens unless they are given.
 *
 * @param ids at least one, each below the model's `vocabSize`
 * @throws RangeError, TypeError or Error at once when the ids or an option are not usable
 */
export function generateIds(
  model: LanguageModel,
  ids: Iterable<number>,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedId, void, undefined> {
  const settings = settingsFrom(options);
  const prompt = promptIds(model, ids);
  const random = randomFrom(options.seed);
  return (async function* () {
    for await (const { id, logits, finish } of lockstep(model, [prompt], [random], settings)) {
      yield { id, logits, finish };
    }
  })();
}

/**
 * Continues a text, token by token: `for await (const { text } of generate(…)) process.stdout.write(text)`.
 *
 * Nothing is computed before it is asked for, and leaving the loop ends it. The model is run in
 * evaluation mode and left in the mode it was in.
 *
 * @param prompt a text or ids; an empty one starts from the tokenizer's end-of-text id
 * @throws RangeError, TypeError or Error at once when the prompt or an option is not usable
 */
export function generate(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken, void, undefined> {
  const settings = settingsFrom(options, tokenizer);
  const ids = promptIds(model, prompt, tokenizer);
  const random = randomFrom(options.seed);
  return (async function* () {
    const piece = pieces(tokenizer, ids);
    for await (const { id, logits, finish } of lockstep(model, [ids], [random], settings)) {
      yield { id, text: piece(id, finish), logits, finish };
    }
  })();
}

/**
 * Continues a text and gives the whole continuation, without the prompt.
 *
 * @param prompt a text or ids; an empty one starts from the tokenizer's end-of-text id
 * @throws RangeError, TypeError or Error when the prompt or an option is not usable
 */
export async function generateText(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  options: GenerateOptions = {},
): Promise<Generated> {
  let text = '';
  const ids: number[] = [];
  let end: Finish = 'length';
  for await (const token of generate(model, tokenizer, prompt, options)) {
    text += token.text;
    ids.push(token.id);
    end = token.finish ?? end;
  }
  return { text, ids, finish: end };
}

/**
 * A function that gives each generated token's piece of text. The prompt goes through the decoder
 * first: whether a word starts with a space depends on there being one before it.
 */
export function pieces(
  tokenizer: Tokenizer,
  prompt: readonly number[],
): (id: number, finish: Finish | undefined) => string {
  const decoder = tokenizer.decodeStream();
  for (const id of prompt) decoder.push(id);
  return (id, finish) => {
    const text = finish === 'stop' ? '' : decoder.push(id);
    return finish === undefined ? text : text + decoder.flush();
  };
}
