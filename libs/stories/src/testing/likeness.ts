// Near-duplicate detection by shared runs of eight words.

const RUN = 8;

/** Share of stories of which more than half of the 8-word runs occur in one single earlier story. */
export function nearDuplicates(stories: readonly string[]): number {
  const holders = new Map<string, number[]>();
  let alike = 0;
  stories.forEach((text, index) => {
    const list = text.toLowerCase().match(/[a-z'-]+/g) ?? [];
    const runs = new Set<string>();
    for (let i = 0; i + RUN <= list.length; i++) runs.add(list.slice(i, i + RUN).join(' '));
    const shared = new Map<number, number>();
    for (const run of runs) {
      const earlier = holders.get(run);
      if (earlier === undefined) holders.set(run, [index]);
      else {
        for (const other of earlier) shared.set(other, (shared.get(other) ?? 0) + 1);
        earlier.push(index);
      }
    }
    if (Math.max(0, ...shared.values()) > runs.size / 2) alike++;
  });
  return alike / stories.length;
}
