// Tables of numbers as colors.
import { requireItems, requireOptions, type Numbers } from '../drawing/check.js';
import { diverging, sequential } from '../drawing/color.js';
import type { Figure } from '../drawing/figure.js';
import { MARGIN, openFrame, type FigureOptions } from '../drawing/frame.js';
import { linearScale, valueLabels } from '../drawing/scale.js';
import { MUTED, textAt } from '../drawing/svg.js';
import {
  checkMatrix,
  COLOR_BAR,
  colorBar,
  drawHeatPanel,
  labelRoom,
  type Colors,
  type Matrix,
} from './heat-panel.js';

export interface HeatMapOptions extends FigureOptions {
  /** [rows][columns]; NaN is a gap. */
  readonly values: Matrix;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowName?: string;
  readonly columnName?: string;
  readonly valueName?: string;
  /** Formats a value in its cell, where cells are large enough; by default the same number of decimals for all. */
  readonly format?: (value: number) => string;
  /** Value of the last color; default: the largest value, rounded up. */
  readonly max?: number;
}

/** Height above which many rows get lower cells. */
const TALLEST = 560;

/**
 * Heat map with numbers in the cells where they fit. Values of both signs get a diverging color scale.
 *
 * @throws RangeError when the sizes of table and names differ, for infinite numbers, and when all values are NaN
 */
export function heatMap(options: HeatMapOptions): Figure {
  requireOptions(options, [
    'values',
    'rows',
    'columns',
    'rowName',
    'columnName',
    'valueName',
    'format',
    'max',
  ]);
  const { values, rows, columns, rowName = '', columnName = '', valueName = '' } = options;
  requireItems('rows', rows, 'row');
  requireItems('columns', columns, 'column');
  checkMatrix('values', values, rows.length, columns.length);
  const all = Array.from(values, (row: Numbers) => Array.from(row)).flat();
  const { colors, beyond } = colorsFor(all, options.max);
  const frame = openFrame(options, valueName);
  const nameWidth = rowName ? 20 : 0;
  const cellHeight = Math.min(28, TALLEST / rows.length);
  const beside = labelRoom(rows, cellHeight).beside;
  const room = frame.width - 2 * MARGIN - 24 - COLOR_BAR - nameWidth - beside;
  const fitting = room / columns.length;
  const left = MARGIN + nameWidth + beside;
  const width = (fitting < 1 ? fitting : Math.min(Math.floor(fitting), 72)) * columns.length;
  const height = cellHeight * rows.length;
  const top = frame.top + 4;
  const { below } = labelRoom(columns, width / columns.length);
  const elements = drawHeatPanel({
    ...{ left, top, width, height, values, colors },
    rowLabels: rows,
    columnLabels: columns,
    format: options.format ?? valueLabels(all, { figures: 3, decimals: 2 }),
  });
  elements.push(...colorBar({ left: left + width + 20, top, height }, colors, { name: valueName, beyond }));
  const bottom = top + height + below + (columnName ? 18 : 0);
  const name = { size: 12.5, anchor: 'middle', color: MUTED } as const;
  if (columnName) elements.push(textAt(left + width / 2, bottom - 4, columnName, name));
  if (rowName) elements.push(textAt(MARGIN + 6, top + height / 2, rowName, { ...name, rotate: -90 }));
  return frame.finish(bottom + 12, elements);
}

/** Sequential colors from 0 when no value is negative, otherwise diverging colors around 0. */
function colorsFor(values: readonly number[], max?: number): { colors: Colors; beyond: boolean } {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) throw new RangeError('values: all NaN. Expected at least one number.');
  if (max !== undefined && !(max > 0 && Number.isFinite(max)))
    throw new RangeError(`max: ${max}. Expected a number above 0.`);
  const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const end = max ?? (largest === 0 ? 1 : linearScale(0, largest, { count: 4 }).max);
  const signed = known.some((value) => value < 0);
  return {
    colors: signed ? { scale: diverging, min: -end, max: end } : { scale: sequential, min: 0, max: end },
    beyond: largest > end,
  };
}
