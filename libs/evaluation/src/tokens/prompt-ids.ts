// Checked ids of a prompt.
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';

/**
 * The last `contextLength` ids of a prompt.
 *
 * @throws Error when the prompt is empty; RangeError when an id is not in the model's vocabulary
 */
export function promptIds(
  model: { readonly vocabSize: number; readonly contextLength: number },
  tokenizer: Tokenizer,
  prompt: Prompt,
): number[] {
  const ids = [...(typeof prompt === 'string' ? tokenizer.encode(prompt) : prompt)];
  if (ids.length === 0) throw new Error('prompt: is empty. Expected at least one token.');
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= model.vocabSize);
  if (wrong !== undefined) {
    throw new RangeError(
      `prompt: token id ${wrong} is outside the model's vocabulary of ${model.vocabSize}. ` +
        'Expected the tokenizer that the model was trained with.',
    );
  }
  return model.contextLength < ids.length ? ids.slice(-model.contextLength) : ids;
}
