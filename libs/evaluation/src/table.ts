// Tables of text: for a terminal, and for Markdown. Leaves out what is in them.

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** Default left. */
  readonly align?: 'left' | 'right';
}

/**
 * A table in Markdown, its columns padded so that it reads as text, too.
 *
 * @throws RangeError when a row has not as many cells as there are columns
 */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ name }) => name), ...rows].map((row) => row.map(escaped));
  const widths = widthsOf(columns, cells, 3);
  const line = (row: readonly string[]) => `| ${padded(columns, widths, row).join(' | ')} |`;
  const rule = columns.map(({ align }, i) =>
    align === 'right' ? `${'-'.repeat(widths[i] - 1)}:` : '-'.repeat(widths[i]),
  );
  return [line(cells[0]), `| ${rule.join(' | ')} |`, ...cells.slice(1).map(line)].join('\n');
}

/**
 * A table for a terminal: columns padded, two blanks between them, a rule under their names.
 *
 * @throws RangeError when a row has not as many cells as there are columns
 */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ name }) => name), ...rows].map((row) =>
    row.map((cell) => cell.replace(/\s+/g, ' ')),
  );
  const widths = widthsOf(columns, cells, 1);
  const line = (row: readonly string[]) => padded(columns, widths, row).join('  ').trimEnd();
  return [
    line(cells[0]),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...cells.slice(1).map(line),
  ].join('\n');
}

function escaped(cell: string): string {
  return cell.replace(/\|/g, '\\|').replace(/\r?\n/g, ' ');
}

function widthsOf(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  least: number,
): number[] {
  const odd = cells.find((row) => row.length !== columns.length);
  if (odd)
    throw new RangeError(`a row of ${odd.length} cells: expected ${columns.length}, one for each column`);
  return columns.map((_, i) => Math.max(least, ...cells.map((row) => lengthOf(row[i]))));
}

function padded(columns: readonly Column[], widths: readonly number[], row: readonly string[]): string[] {
  return row.map((cell, i) => {
    const fill = ' '.repeat(widths[i] - lengthOf(cell));
    return columns[i].align === 'right' ? fill + cell : cell + fill;
  });
}

/** In code points: what a terminal shows of most texts. */
function lengthOf(cell: string): number {
  return [...cell].length;
}
