// The nearest of several names, to suggest it for a name that is mistyped.

/** ` Did you mean …?`, or an empty text without a near name. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const nearest = nearestName(typed, names);
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
}

/** A name that contains the typed one, or the name with the fewest edits, at most a third of the letters. */
function nearestName(typed: string, names: readonly string[]): string | undefined {
  const distance = (name: string): number =>
    typed.length > 4 && name.includes(typed.replace(/^--/, '')) ? 1 : editDistance(typed, name);
  const [nearest] = names
    .map((name) => ({ name, distance: distance(name), edits: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance || a.edits - b.edits);
  return nearest && nearest.distance <= typed.length / 3 ? nearest.name : undefined;
}

/** Insertions, deletions, changes of a letter and swaps of two neighbours. Source: Damerau, 1964. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
