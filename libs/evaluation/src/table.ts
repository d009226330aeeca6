// A table of text as plain data. Leaves out writing it down: how depends on where (a terminal, Markdown, a page).

/** Headings, and cells as text: as many in each row as there are headings. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
