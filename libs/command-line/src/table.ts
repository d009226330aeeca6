// One table, for a terminal or for Markdown. Columns whose cells are all numbers stand at the right.
import type { Table } from '@lilformer/evaluation';

/** Columns set apart by two spaces, headings underlined. A row may be shorter than the headings. */
export function textTable({ headings, rows }: Table): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => cell.replace(/\s+/g, ' ')));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))));
  const right = headings.map((_, column) => isNumeric(rows, column));
  const line = (row: readonly string[]) =>
    widths
      .map((total, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat(total - width(cell));
        return right[column] ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [
    line(cells[0]),
    widths.map((total) => '─'.repeat(total)).join('  '),
    ...cells.slice(1).map(line),
  ].join('\n');
}

/** The same as Markdown. */
export function markdownTable({ headings, rows }: Table): string {
  const cells = (row: readonly string[]) =>
    headings.map((_, column) => (row[column] ?? '').replace(/[|\\]/g, '\\$&').replace(/\s*\n\s*/g, ' '));
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rule = headings.map((_, column) => (isNumeric(rows, column) ? '---:' : '---'));
  return [line(cells(headings)), line(rule), ...rows.map((row) => line(cells(row)))].join('\n');
}

const width = (text: string): number => [...text].length;

/** Numbers with a sign or a unit, and durations; `-` and nothing say that a number is missing. */
function isNumeric(rows: Table['rows'], column: number): boolean {
  const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '' && cell !== '-');
  return (
    cells.length > 0 &&
    cells.every((cell) => /^[-+−]?[\d.,]+(?:e[-+]?\d+)?\s?(?:%|×|s|MB)?$|^(?:\d+[dhms])+$/.test(cell))
  );
}
