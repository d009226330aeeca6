// The ids that a model reads of a prompt: checked, and cropped to what its context holds. Leaves out going on from them,
// which is sampling's.
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';

/**
 * The last `contextLength` ids of the prompt.
 *
 * @throws Error when there is none, RangeError when one is not the model's
 */
export function promptIds(
  model: { readonly vocabSize: number; readonly contextLength: number },
  tokenizer: Tokenizer,
  prompt: Prompt,
): number[] {
  const ids = [...(typeof prompt === 'string' ? tokenizer.encode(prompt) : prompt)];
  if (ids.length === 0) throw new Error('the prompt is empty: expected at least one token to read');
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= model.vocabSize);
  if (wrong !== undefined) {
    throw new RangeError(
      `token ${wrong}: the model knows ${model.vocabSize}, the first is 0; expected the tokenizer that it was trained with`,
    );
  }
  return model.contextLength < ids.length ? ids.slice(-model.contextLength) : ids;
}
