// Text of tokenizers that drop white space, which decode with a blank between any two tokens, made easier to read. Leaves
// out joining the pieces of words: which belong together cannot be told.

/**
 * Takes away the white space before `. , ! ? : ;`, inside of parentheses, before and after `"` and before `'`, makes one
 * blank of every other run of white space, and trims.
 *
 * It is for reading, and loses what it loses: line ends become blanks, and `said "no" twice` becomes `said"no"twice`.
 */
export function cleanSpacing(text: string): string {
  return text
    .replace(/\s+([.,!?:;)"'])/g, '$1')
    .replace(/([("])\s+/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}
