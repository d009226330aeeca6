// Tables for terminals and Markdown. Columns of numbers are aligned right.
import type { Table } from '@lilformer/evaluation';
import { terminalWidth } from './width.js';
import { wrap } from './wrap.js';

/** The least width of a column that is wrapped. */
const LEAST = 12;

/** A column with its heading first. */
interface Column {
  readonly cells: readonly string[];
  /** Whether it has numbers, which are aligned right and not wrapped. */
  readonly right: boolean;
  readonly width: number;
  /** The width below which it is not wrapped. */
  readonly least: number;
}

/**
 * A table in columns with underlined headings. A row may be shorter than the headings. Where the columns are wider than
 * `total`, cells of text are wrapped; where this does not suffice, the table continues below with its first column again.
 */
export function textTable({ headings, rows }: Table, total = terminalWidth()): string {
  const columns = headings.map((_, column): Column => {
    const cells = [headings, ...rows].map((row) => (row[column] ?? '').replace(/\s+/g, ' '));
    const right = isNumeric(rows, column);
    const widest = Math.max(...cells.map(width));
    const whole = [...cells[0].split(' '), ...(right ? cells.slice(1) : [])];
    return {
      cells,
      right,
      width: widest,
      least: Math.min(widest, Math.max(...whole.map(width), right ? 0 : LEAST)),
    };
  });
  const room = Math.max(total, 20);
  return inParts(columns, room)
    .map((part) => linesOf(part, fittedWidths(part, room)).join('\n'))
    .join('\n\n');
}

/** Groups of columns that fit beside each other, each with the first column. */
function inParts([first, ...rest]: readonly Column[], total: number): Column[][] {
  const parts = [[first]];
  for (const column of rest) {
    const joined = [...parts.at(-1)!, column];
    if (joined.length === 2 || sumOf(joined.map(({ least }) => least)) <= total)
      parts[parts.length - 1] = joined;
    else parts.push([first, column]);
  }
  return parts;
}

/** Widths of columns that together fit: headings of numbers are made narrower first, then the widest columns of text. */
function fittedWidths(columns: readonly Column[], total: number): number[] {
  const widths = columns.map(({ width }) => width);
  while (sumOf(widths) > total) {
    const spare = columns.map(({ right, least }, i) =>
      widths[i] <= least ? 0 : right ? Infinity : widths[i],
    );
    // Where even the least widths do not fit, cells are broken within words.
    const from = spare.some((value) => value > 0) ? spare : widths;
    widths[from.indexOf(Math.max(...from))]--;
  }
  return widths;
}

/** The width of columns with spaces between them. */
const sumOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + 2, -2);

function linesOf(columns: readonly Column[], widths: readonly number[]): string[] {
  const [heading, ...rows] = columns[0].cells.map((_, row) => {
    const wrapped = columns.map(({ cells }, i) => wrapCell(cells[row], Math.max(1, widths[i])));
    return Array.from({ length: Math.max(...wrapped.map(({ length }) => length)) }, (_, line) =>
      wrapped
        .map((parts, i) => {
          const part = parts[line] ?? '';
          const space = ' '.repeat(widths[i] - width(part));
          return columns[i].right ? space + part : part + space;
        })
        .join('  ')
        .trimEnd(),
    );
  });
  return [...heading, widths.map((total) => '─'.repeat(total)).join('  '), ...rows.flat()];
}

/** A cell in lines of at most `limit` characters. */
function wrapCell(cell: string, limit: number): string[] {
  return wrap(cell, limit).flatMap((line) => {
    const letters = [...line];
    const count = Math.max(1, Math.ceil(letters.length / limit));
    return Array.from({ length: count }, (_, i) => letters.slice(i * limit, (i + 1) * limit).join(''));
  });
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
