// Tokens as one can see them on an axis or in a table: white space and control characters by signs. Leaves out decoding
// texts, which is the tokenizer's.
import type { Tokenizer } from '@lilformer/tokenizers';

/**
 * A token with visible white space: `␣` for a blank, `↵` for a line end, `⇥` for a tab, `\x07` and the like for other control
 * characters. A token that is no whole character by itself, or a special one, is shown as its vocabulary spells it.
 *
 * @throws RangeError when the id is outside the vocabulary
 */
export function visibleToken(tokenizer: Tokenizer, id: number): string {
  const spelled = tokenizer.idToToken(id);
  if (spelled === undefined) {
    throw new RangeError(`token ${id}: the tokenizer has ${tokenizer.vocabSize}, the first is 0`);
  }
  const text = tokenizer.decode([id]);
  return visibleText(text === '' || text.includes('\uFFFD') ? spelled : text);
}

/** The same for a whole text. */
export function visibleText(text: string): string {
  return text.replace(/[\p{Zs}\p{Zl}\p{Zp}\p{Cc}\p{Cf}]/gu, (character) => {
    const sign = SIGNS[character];
    if (sign) return sign;
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const SIGNS: Readonly<Record<string, string>> = { ' ': '␣', '\n': '↵', '\t': '⇥' };
