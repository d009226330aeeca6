// The prompt of a command when none is given: the beginning of the text that the model is evaluated on.
import { evaluationText, type OpenedModel, type Terminal } from '@lilformer/command-line';

/** Most tokens of the prompt: figures of more are hard to read. */
const MOST_TOKENS = 16;

/** Taken for a model without a text, such as a pretrained one. */
const NO_TEXT = 'Once upon a time';

/** The first tokens of `--text`, or of the validation text of the model's run. */
export async function ownPrompt(
  { source, tokenizer, model }: OpenedModel,
  flags: Parameters<typeof evaluationText>[2],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string> {
  const found = await evaluationText(source, tokenizer, flags, terminal, signal);
  if (!found) return NO_TEXT;
  const { contextLength = MOST_TOKENS } = model as { contextLength?: number };
  const count = Math.min(MOST_TOKENS, contextLength, found.source.length);
  return tokenizer.decode(found.source.read(0, count));
}
