// Tables for terminals and Markdown. Columns of numbers are aligned right.
import type { Table } from '@lilformer/evaluation';

/** A table in columns with underlined headings. A row may be shorter than the headings. */
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

/** A Markdown table. */
export function markdownTable({ headings, rows }: Table): string {
  const cells = (row: readonly string[]) =>
    headings.map((_, column) => (row[column] ?? '').replace(/[|\\]/g, '\\$&').replace(/\s*\n\s*/g, ' '));
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rule = headings.map((_, column) => (isNumeric(rows, column) ? '---:' : '---'));
  return [line(cells(headings)), line(rule), ...rows.map((row) => line(cells(row)))].join('\n');
}

const width = (text: string): number => [...text].length;

/** Whether a column has only numbers, with sign or unit, and durations; `-` and empty cells are missing numbers. */
function isNumeric(rows: Table['rows'], column: number): boolean {
  const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '' && cell !== '-');
  return (
    cells.length > 0 &&
    cells.every((cell) => /^[-+−]?[\d.,]+(?:e[-+]?\d+)?\s?(?:%|×|s|MB)?$|^(?:\d+[dhms])+$/.test(cell))
  );
}
