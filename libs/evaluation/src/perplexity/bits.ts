// Losses in bits per character or byte, which are comparable between models with different tokenizers.

/** A text and its number of tokens. */
export interface TokenizedText {
  readonly text: string;
  readonly tokens: number;
}

/**
 * Bits per character (code point): loss / ln 2 · tokens / characters. A tokenizer that drops white space does not predict it,
 * which lowers the value.
 *
 * @param loss mean cross entropy in nats per token
 * @throws RangeError when the text is empty
 */
export function bitsPerCharacter(loss: number, { text, tokens }: TokenizedText): number {
  let characters = 0;
  for (const _ of text) characters++;
  return bitsPer(loss, tokens, characters);
}

/** Bits per byte of a text in UTF-8; otherwise as {@link bitsPerCharacter}. */
export function bitsPerByte(loss: number, { text, tokens }: TokenizedText): number {
  return bitsPer(loss, tokens, new TextEncoder().encode(text).length);
}

function bitsPer(loss: number, tokens: number, units: number): number {
  if (units === 0) throw new RangeError('text: is empty. Expected at least one character.');
  return (loss / Math.LN2) * (tokens / units);
}
