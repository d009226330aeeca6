// The last hand on a finished text: "a" or "an", capitals at the start of sentences, single spaces.
// The patterns are written so that nothing else needs mending.

const AN = /\b([Aa]) (?=[aeiou])(?!one\b|once\b|use|uni|eu)/g;
const SENTENCE_START = /((?:^|\n|[.!?] |\." )"?)([a-z])/g;

/** Mends articles, capitals and spaces of a text that was put together from pieces. */
export function polish(text: string): string {
  return text
    .replace(/ {2,}/g, ' ')
    .replace(AN, '$1n ')
    .replace(SENTENCE_START, (_, before: string, letter: string) => before + letter.toUpperCase());
}
