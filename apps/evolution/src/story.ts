// What each stage brings, in numbers: the table, and a line a stage.
import { comparisonTable, type ComparisonRow, type Table } from '@lilformer/evaluation';
import type { Stage } from './stages.js';

/** A stage with what was found in its place. */
export interface StageRow {
  readonly stage: Stage;
  readonly row: ComparisonRow;
}

/** The perplexity to tell the story with: as measured, or as recorded where nothing was measured. */
export function perplexityOf(row: ComparisonRow): number | undefined {
  if (row.state !== 'compared') return undefined;
  return row.measured?.perplexity ?? row.recorded?.perplexity;
}

/** Where `comparisonTable` has its measured perplexities. */
const MEASURED = 3;

/** The notebook's table, with its own numbers beside those found; without measured ones where nothing was measured. */
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

/** What each stage adds and what it brings, against the stage before that was found. */
export function story(rows: readonly StageRow[]): string[] {
  const lines: string[] = [];
  let before: { name: string; parameters: number; perplexity: number } | undefined;
  const known = rows.filter(({ stage, row }) => !stage.extra && perplexityOf(row) !== undefined);
  for (const { stage, row } of rows) {
    const perplexity = perplexityOf(row);
    if (row.state !== 'compared' || perplexity === undefined) {
      lines.push(
        `${stage.name}: ${stage.adds}. Not here: ${row.state === 'compared' ? 'no perplexity recorded' : row.state}.`,
      );
      continue;
    }
    const now = { name: stage.name, parameters: row.parameters, perplexity };
    lines.push(`${stage.name}: ${stage.adds}. ${before ? against(before, now) : alone(now)}`);
    before = now;
  }
  const [from, to] = [known.at(0), known.at(-1)].map((found) => found && perplexityOf(found.row));
  if (known.length > 1 && from !== undefined && to !== undefined) {
    lines.push(
      `From ${from.toFixed(1)} to ${to.toFixed(1)}: of ${from.toFixed(0)} tokens that could as well have come next, ` +
        `${to.toFixed(0)} are left.`,
    );
  }
  return lines;
}

const alone = ({ parameters, perplexity }: { parameters: number; perplexity: number }) =>
  `${parameters.toLocaleString('en-US')} parameters, perplexity ${perplexity.toFixed(2)}.`;

function against(
  before: { name: string; parameters: number; perplexity: number },
  now: { parameters: number; perplexity: number },
): string {
  const more = now.parameters - before.parameters;
  const parameters =
    more === 0
      ? 'No parameter more'
      : `${more > 0 ? '+' : '−'}${Math.abs(more).toLocaleString('en-US')} parameters`;
  const share = (now.perplexity / before.perplexity - 1) * 100;
  const nats = Math.log(before.perplexity / now.perplexity);
  const change = `${share > 0 ? '+' : '−'}${Math.abs(share).toFixed(1)} %`;
  const verdict =
    nats > 0
      ? `${nats.toFixed(3)} nats a token less`
      : `${(-nats).toFixed(3)} nats a token more: it does not help here`;
  return `${parameters}; perplexity ${before.perplexity.toFixed(2)} → ${now.perplexity.toFixed(2)} (${change}, ${verdict}).`;
}
