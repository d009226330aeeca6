/**
 * Text with conventional spacing, for tokenizers that drop white space and decode with a space between any two tokens.
 *
 * Removes white space before `. , ! ? : ; ) " '` and after `( "`, replaces other white space by one space, and trims. Newlines
 * are lost, and `said "no" twice` becomes `said"no"twice`. Pieces of words are not joined.
 */
export function cleanSpacing(text: string): string {
  return text
    .replace(/\s+([.,!?:;)"'])/g, '$1')
    .replace(/([("])\s+/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}
