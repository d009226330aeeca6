// Prompts: text or token ids that generation starts from.
import { EncoderDecoderModel } from '@lilformer/models';
import type { Tokenizer } from '@lilformer/tokenizers';
import { endOfText, samplingRandom } from './options.js';
import type { GenerativeModel } from './sequences/generative-model.js';

/** A text, or its token ids. */
export type Prompt = string | Iterable<number>;

/**
 * The ids of a prompt. An empty prompt becomes the end-of-text token, after which a new text begins.
 * @throws TypeError when a text comes without a tokenizer
 * @throws RangeError when the tokenizer or an id is outside the model's vocabulary, or there is nothing to start from
 */
export function promptIds(model: GenerativeModel, prompt: Prompt, tokenizer?: Tokenizer): number[] {
  const { vocabSize } = model;
  if (tokenizer && hasTextBeyond(tokenizer, vocabSize)) {
    throw new RangeError(
      `the tokenizer has ${tokenizer.vocabSize} ids, the model's vocabulary size is ${vocabSize}. Expected the tokenizer that the model was trained with.`,
    );
  }
  if (typeof prompt === 'string' && !tokenizer) {
    throw new TypeError(
      `prompt ${JSON.stringify(prompt)}: expected token ids, because there is no tokenizer`,
    );
  }
  const isEncoderDecoder = model instanceof EncoderDecoderModel;
  const ids = [
    ...(typeof prompt === 'string'
      ? tokenizer!.encode(prompt, { addSpecialTokens: isEncoderDecoder })
      : prompt),
  ];
  if (ids.length === 0) {
    const eosTokenId = endOfText(model, tokenizer);
    if (eosTokenId === undefined) {
      throw new RangeError(
        'the prompt is empty, and there is no end-of-text token to start from. Give at least one token.',
      );
    }
    ids.push(eosTokenId);
  }
  const invalid = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (invalid >= 0) {
    throw new RangeError(
      `prompt: id ${ids[invalid]} at position ${invalid} is not in the model's vocabulary. Expected integers from 0 to ${vocabSize - 1}.`,
    );
  }
  return ids;
}

/** Whether tokens from `size` on have a text. Special tokens may lack a row in the model, such as a padding token. */
function hasTextBeyond(tokenizer: Tokenizer, size: number): boolean {
  for (let id = size; id < tokenizer.vocabSize; id++) {
    if (tokenizer.idToToken(id) !== undefined && tokenizer.decode([id]) !== '') return true;
  }
  return false;
}

/**
 * A prompt of one random token, uniform over the vocabulary without unknown, padding and end-of-text tokens.
 *
 * @param seed the same seed gives the same token; a random seed by default
 * @throws RangeError when the seed is neither an integer nor a string, or the tokenizer has special tokens only
 */
export function randomStart(tokenizer: Tokenizer, seed?: number | string): number[] {
  const special = [tokenizer.unkTokenId, tokenizer.padTokenId, tokenizer.eosTokenId];
  const ids = [...Array(tokenizer.vocabSize).keys()].filter((id) => !special.includes(id));
  if (ids.length === 0) throw new RangeError('randomStart: the tokenizer has special tokens only');
  return [ids[samplingRandom(seed).split('start').integer(ids.length)]];
}
