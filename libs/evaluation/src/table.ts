/** A table as plain text cells, for a terminal, Markdown or a web page. Each row has one cell per heading. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
