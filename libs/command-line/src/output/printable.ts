// Control characters as text: a terminal would execute escape sequences of a corpus or of what a model writes.

/** Shows control characters other than tabs and line ends as escapes, such as `\\x1b`. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
