// Losses in units that do not depend on the tokenizer: models with different vocabularies can be compared by the bits that
// they need for a character, or a byte, of the same text. Leaves out measuring the loss (perplexity.ts).

/** A text as its tokens see it. */
export interface TokenizedText {
  readonly text: string;
  /** How many tokens the text is. */
  readonly tokens: number;
}

/**
 * Bits for a character (code point) of a text: loss / ln 2 · tokens / characters.
 *
 * A tokenizer that drops white space is not asked for it, so its bits are fewer than those of the whole text.
 *
 * @param loss mean cross entropy, in nats a token
 * @throws RangeError when the text is empty
 */
export function bitsPerCharacter(loss: number, { text, tokens }: TokenizedText): number {
  let characters = 0;
  for (const _ of text) characters++;
  return bitsPer(loss, tokens, characters);
}

/** Bits for a byte of a text in UTF-8; otherwise as {@link bitsPerCharacter}. */
export function bitsPerByte(loss: number, { text, tokens }: TokenizedText): number {
  return bitsPer(loss, tokens, Buffer.byteLength(text));
}

function bitsPer(loss: number, tokens: number, units: number): number {
  if (units === 0) throw new RangeError('bits for a character of an empty text: expected a text');
  return (loss / Math.LN2) * (tokens / units);
}
