// The width of the terminal.

/** Columns of the terminal; without one those of the variable COLUMNS, or 80. */
export function terminalWidth(): number {
  return process.stdout.columns || Number(process.env.COLUMNS) || 80;
}
