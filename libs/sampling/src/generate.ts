// One text from a prompt: as a stream of ids, as a stream of text, or all at once.
// Several prompts are in batch.ts.
import type { Tokenizer } from '@lilformer/tokenizers';
import { lockstep, type Finish } from './lockstep.js';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';
import { promptIds, type Prompt } from './prompt.js';
import { beginningOf, scorerOf, type TextModel } from './text-model.js';
import { TextWriter } from './text-writer.js';

/** A token as `generateIds` gives it. */
export interface GeneratedId {
  readonly id: number;
  /** The scores [V] the token was drawn from, before any filter; `topTokens` makes probabilities of them. */
  readonly logits: Float32Array;
  /** Set on the last token: `'stop'` when it is a stop token or ends a stop text, `'length'` when `maxTokens` is reached. */
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
  /** What follows the prompt, or answers it; stop token, stop text and special tokens are not shown. */
  readonly text: string;
  /** The ids that follow the prompt's (of an encoder-decoder: its start), the stop token included. */
  readonly ids: number[];
  /** Why it ended. */
  readonly finish: Finish;
}

/**
 * Continues ids, one at a time, without a tokenizer. There are no stop tokens unless they are given, or the model is
 * an encoder-decoder: then `ids` are what its encoder reads, and its own end of text stops it.
 *
 * @param ids at least one, each below the model's `vocabSize`
 * @throws RangeError, TypeError or Error at once when the ids or an option are not usable
 */
export function generateIds(
  model: TextModel,
  ids: Iterable<number>,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedId, void, undefined> {
  const settings = settingsFrom(model, options);
  const prompt = promptIds(model, ids);
  const random = randomFrom(options.seed);
  return (async function* () {
    const scorer = scorerOf(model, [prompt], settings);
    for await (const { id, logits, finish } of lockstep(scorer, [random], settings)) {
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
  model: TextModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken, void, undefined> {
  const settings = settingsFrom(model, options, tokenizer);
  const ids = promptIds(model, prompt, tokenizer);
  const random = randomFrom(options.seed);
  return (async function* () {
    const writer = new TextWriter(tokenizer, beginningOf(model, ids), settings.stopTexts);
    const scorer = scorerOf(model, [ids], settings);
    for await (const { id, text, logits, finish } of lockstep(scorer, [random], settings, [writer])) {
      yield { id, text, logits, finish };
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
  model: TextModel,
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
