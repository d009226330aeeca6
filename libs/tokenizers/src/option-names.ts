// Refuses options with unknown names, with the nearest known one.
import type { DecodeOptions, EncodeOptions } from './tokenizer.js';

/**
 * Checks the names of options, also for other libraries. An option that is undefined counts as not given.
 * @param names every known name
 * @throws TypeError that names the unknown option, what was expected, and the nearest known name
 */
export function checkOptionNames(options: object, names: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name)) continue;
    const [nearest] = names
      .map((each) => [editDistance(name, each), each] as const)
      .sort(([a], [b]) => a - b);
    const hint = nearest && nearest[0] <= Math.max(2, name.length / 3) ? ` Did you mean ${nearest[1]}?` : '';
    throw new TypeError(`${name}: unknown option. Expected one of ${names.join(', ')}.${hint}`);
  }
}

/** @throws TypeError for an unknown option of `encode` */
export function checkEncodeOptions(options: EncodeOptions): void {
  checkOptionNames(options, ['addEos', 'addSpecialTokens', 'splitSpecialTokens']);
}

/** @throws TypeError for an unknown option of `decode` */
export function checkDecodeOptions(options: DecodeOptions): void {
  checkOptionNames(options, ['skipSpecialTokens']);
}

/** Edits that turn one name into the other, without regard to case (Levenshtein, 1966). */
function editDistance(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
