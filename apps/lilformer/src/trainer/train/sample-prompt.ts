// The prompt of a run's samples: checked before training, or taken from the text.
import type { Terminal } from '@lilformer/command-line';
import type { TokenSource } from '@lilformer/datasets';
import type { Tokenizer } from '@lilformer/tokenizers';
import type { Settings } from '../settings/settings.js';

/** What is wrong with the prompt; undefined when samples can start from it or there are none. */
export function checkPrompt(
  { prompt, sampleTokens, randomStart }: Settings,
  tokenizer: Tokenizer,
): string | undefined {
  if (prompt === undefined || sampleTokens === 0 || randomStart) return undefined;
  const expected = 'Expected a text of the tokens of the training text, or --random-start true.';
  try {
    const empty = tokenizer.encode(prompt).length === 0 && tokenizer.eosTokenId === undefined;
    return empty ? `--prompt: ${JSON.stringify(prompt)} has no tokens. ${expected}` : undefined;
  } catch (error) {
    return `--prompt: ${JSON.stringify(prompt)} cannot be encoded: ${(error as Error).message}. ${expected}`;
  }
}

/** The prompt of the settings or, if samples cannot start from it, the first tokens of the training text. */
export function samplePrompt(
  settings: Settings,
  tokenizer: Tokenizer,
  train: TokenSource,
  terminal: Pick<Terminal, 'note'>,
): string | undefined {
  if (checkPrompt(settings, tokenizer) === undefined) return settings.prompt;
  const text = tokenizer.decode(train.read(0, Math.min(16, train.length)));
  const prompt = text.trimStart().split('\n', 1)[0] || text;
  const [own, given] = [prompt, settings.prompt].map((value) => JSON.stringify(value));
  terminal.note(`note: samples start with ${own}, because the tokenizer cannot encode ${given}`);
  return prompt;
}
