// Tokens as text for tables and axes, with white space and control characters made visible.
import type { Tokenizer } from '@lilformer/tokenizers';

/**
 * A token with visible white space: `␣` for a space, `↵` for a newline, `⇥` for a tab, `\x07` for another control character.
 * Special tokens and parts of a character are shown as the vocabulary spells them.
 *
 * @throws RangeError when the id is outside the vocabulary
 */
export function visibleToken(tokenizer: Tokenizer, id: number): string {
  const spelling = tokenizer.idToToken(id);
  if (spelling === undefined) {
    throw new RangeError(`token id: is ${id}. Expected a whole number from 0 to ${tokenizer.vocabSize - 1}.`);
  }
  const text = tokenizer.decode([id]);
  return visibleText(text === '' || text.includes('\uFFFD') ? spelling : text);
}

/** Text with visible white space and control characters. */
export function visibleText(text: string): string {
  return text.replace(/[\p{Zs}\p{Zl}\p{Zp}\p{Cc}\p{Cf}]/gu, (character) => {
    const sign = SIGNS[character];
    if (sign) return sign;
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const SIGNS: Readonly<Record<string, string>> = { ' ': '␣', '\n': '↵', '\t': '⇥' };
