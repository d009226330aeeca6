// Tables of the stages: sizes, speeds and perplexities, and the change from stage to stage.
import { comparisonTable, type ComparisonRow, type Table } from '@lilformer/evaluation';
import type { Settings } from '../trainer/settings/settings.js';
import type { RunResult } from '../trainer/train/result.js';
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

/** How a stage was trained. */
export interface StageTraining {
  readonly name: string;
  readonly result: Pick<RunResult, 'step' | 'tokens'>;
  readonly settings: Settings;
  /** Tokens of the training text. */
  readonly trainingTokens: number;
}

/** Steps, batches, rates and passes over the text of the stages that were trained here. */
export function trainingTable(stages: readonly (StageTraining | undefined)[]): Table {
  return {
    headings: [
      ...['model', 'steps', 'windows per step', 'tokens per window', 'tokens', 'passes'],
      ...['learning rate', 'schedule', 'dropout', 'seed'],
    ],
    rows: stages.flatMap((stage) => {
      if (!stage) return [];
      const { name, result, settings, trainingTokens } = stage;
      return [
        [
          name,
          result.step.toLocaleString('en-US'),
          String(settings.batchSize * settings.gradientAccumulationSteps),
          String(settings.contextLength),
          result.tokens.toLocaleString('en-US'),
          (result.tokens / trainingTokens).toFixed(2),
          String(settings.learningRate),
          settings.schedule,
          String(settings.dropout ?? '-'),
          String(settings.seed),
        ],
      ];
    }),
  };
}
