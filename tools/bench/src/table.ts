// Markdown tables and number formats.

/** Markdown table with the first column left-aligned; `undefined` becomes `–`. */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell ?? '–'));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(cells[0]), line(rule), ...cells.slice(1).map(line)].join('\n');
}

/** Undefined for no values. */
export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** At least three significant digits: `0.0123`, `1.23`, `12.3`, `123`, `1,234`. */
export function digits(value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en');
  const places = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)) + 1e-9));
  return value.toFixed(Math.min(places, 6));
}

/** `2.34×`. */
export function times(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(2)}×`;
}

/** `61 %`. */
export function percent(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${(value * 100).toFixed(0)} %`;
}
