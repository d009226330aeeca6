// What a text starts from: ids that the model knows, at least one.
import { EncoderDecoderModel } from '@lilformer/models';
import type { Tokenizer } from '@lilformer/tokenizers';
import type { TextModel } from './text-model.js';

/** A text, or its ids where the caller has encoded it (to leave special tokens unparsed, for instance). */
export type Prompt = string | Iterable<number>;

/**
 * The prompt's ids; for an empty one the tokenizer's end-of-text id, after which a text begins.
 * @throws Error when there is nothing to start from
 * @throws RangeError when an id, or the tokenizer, is not the model's
 */
export function promptIds(model: TextModel, prompt: Prompt, tokenizer?: Tokenizer): number[] {
  if (tokenizer && tokenizer.vocabSize > model.vocabSize) {
    throw new RangeError(
      `the tokenizer has ${tokenizer.vocabSize} ids, the model knows ${model.vocabSize}: expected the tokenizer that the model was trained with`,
    );
  }
  if (typeof prompt === 'string' && !tokenizer) {
    throw new TypeError(`prompt ${JSON.stringify(prompt)}: expected ids, as there is no tokenizer`);
  }
  const addSpecialTokens = model instanceof EncoderDecoderModel; // what an encoder was trained to read
  const ids = [...(typeof prompt === 'string' ? tokenizer!.encode(prompt, { addSpecialTokens }) : prompt)];
  if (ids.length === 0) {
    if (model instanceof EncoderDecoderModel) return [model.eosId]; // an empty text ends at once
    if (!tokenizer) throw new Error('prompt: no ids given, expected at least one to go on from');
    if (tokenizer.eosTokenId === undefined) {
      throw new Error(
        'the prompt is empty, and the tokenizer has no end-of-text token to start from: give at least one token',
      );
    }
    ids.push(tokenizer.eosTokenId);
  }
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= model.vocabSize);
  if (wrong >= 0) {
    throw new RangeError(
      `prompt, id ${ids[wrong]} at place ${wrong}: expected a whole number from 0 to ${model.vocabSize - 1}, the model's vocabulary`,
    );
  }
  return ids;
}
