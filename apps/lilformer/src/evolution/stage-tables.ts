// Tables of the stages: sizes, speeds and perplexities, and the change from stage to stage.
import { comparisonTable, type ComparisonRow, type Table } from '@lilformer/evaluation';
import type { Stage } from './stages.js';

/** A stage and its measurements. */
export interface StageRow {
  readonly stage: Stage;
  readonly row: ComparisonRow;
}

/** Measured perplexity, or the recorded one where nothing was measured. */
export function perplexityOf(row: ComparisonRow): number | undefined {
  if (row.state !== 'compared') return undefined;
  return row.measured?.perplexity ?? row.recorded?.perplexity;
}

/** Column of the measured perplexity in `comparisonTable`. */
const MEASURED = 3;

/** `comparisonTable` with the notebook's perplexities; without the measured column where nothing was measured. */
export function stageTable(rows: readonly StageRow[]): Table {
  const measured = rows.some(({ row }) => row.state === 'compared' && row.measured !== undefined);
  const found = comparisonTable(rows.map(({ row }) => row));
  const withNotebook = (cells: readonly string[], notebook: string) => [
    ...cells.slice(0, measured ? MEASURED + 1 : MEASURED),
    notebook,
    ...cells.slice(MEASURED + 1),
  ];
  return {
    headings: withNotebook(found.headings, "notebook's"),
    rows: found.rows.map((cells, i) => withNotebook(cells, rows[i].stage.notebook?.toFixed(1) ?? '-')),
  };
}

/** What each stage adds, and the change against the previous stage that is present. */
export function changeTable(rows: readonly StageRow[]): Table {
  let previous: { parameters: number; perplexity: number } | undefined;
  return {
    headings: ['stage', 'adds', 'change in parameters', 'change in perplexity', 'change in nats per token'],
    rows: rows.map(({ stage, row }) => {
      const perplexity = perplexityOf(row);
      if (row.state !== 'compared' || perplexity === undefined)
        return [stage.name, stage.adds, '-', '-', '-'];
      const before = previous;
      previous = { parameters: row.parameters, perplexity };
      if (!before) return [stage.name, stage.adds, '-', '-', '-'];
      const more = row.parameters - before.parameters;
      const share = (perplexity / before.perplexity - 1) * 100;
      const nats = Math.log(perplexity / before.perplexity);
      return [
        stage.name,
        stage.adds,
        `${more < 0 ? '−' : '+'}${Math.abs(more).toLocaleString('en-US')}`,
        `${share < 0 ? '−' : '+'}${Math.abs(share).toFixed(1)} %`,
        `${nats < 0 ? '−' : '+'}${Math.abs(nats).toFixed(3)}`,
      ];
    }),
  };
}
