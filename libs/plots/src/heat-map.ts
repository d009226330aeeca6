// A table of numbers as colours: heads by layers with what each looks at, anything by anything.
import { needSome } from './check.js';
import { diverging, sequential } from './color.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import {
  checkMatrix,
  COLOR_BAR,
  colorBar,
  drawHeatPanel,
  labelRoom,
  type Colors,
  type Matrix,
} from './heat-panel.js';
import { linearScale, valueLabels } from './scale.js';
import { MUTED, textAt } from './svg.js';

export interface HeatMapOptions extends FigureOptions {
  /** [rows][columns]; NaN is a gap. */
  readonly values: Matrix;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowName?: string;
  readonly columnName?: string;
  /** What the values are. */
  readonly valueName?: string;
  /** How a value is written in its cell, where cells are large enough; by default all with the same decimals. */
  readonly format?: (value: number) => string;
  /** Value of the last colour; the largest value, rounded up, when not given. */
  readonly max?: number;
}

/**
 * A heat map with its numbers in the cells where they fit. Values of both signs get two-sided colours about nought.
 *
 * @throws RangeError when the table and its names differ in size, for infinite numbers, and when all are missing.
 */
export function heatMap(options: HeatMapOptions): Figure {
  const { values, rows, columns, rowName = '', columnName = '', valueName = '' } = options;
  needSome('rows', rows, 'row');
  needSome('columns', columns, 'column');
  checkMatrix('values', values, rows.length, columns.length);
  const all = Array.from(values, (row) => Array.from(row)).flat();
  const { colors, beyond } = colorsFor(all, options.max);
  const frame = openFrame(options, valueName);
  const besides = 24 + COLOR_BAR + (rowName ? 20 : 0);
  const across = (beside: number) => (frame.width - 2 * MARGIN - besides - beside) / columns.length;
  const cell = { width: Math.min(Math.floor(across(labelRoom(rows, 20).beside)), 72), height: 28 };
  if (cell.width < 1)
    throw new RangeError(`${columns.length} columns do not fit into width ${frame.width}; give more`);
  const left = MARGIN + (rowName ? 20 : 0) + labelRoom(rows, cell.height).beside;
  const [width, height] = [cell.width * columns.length, cell.height * rows.length];
  const top = frame.top + 4;
  const { below } = labelRoom(columns, cell.width);
  const elements = drawHeatPanel({
    left,
    top,
    width,
    height,
    values,
    colors,
    rowLabels: rows,
    columnLabels: columns,
    format: options.format ?? valueLabels(all, { figures: 3, decimals: 2 }),
  });
  elements.push(...colorBar({ left: left + width + 20, top, height }, colors, { name: valueName, beyond }));
  let bottom = top + height + below;
  if (columnName) {
    bottom += 18;
    elements.push(
      textAt(left + width / 2, bottom - 4, columnName, { size: 12.5, anchor: 'middle', color: MUTED }),
    );
  }
  if (rowName) {
    const style = { size: 12.5, anchor: 'middle', color: MUTED, rotate: -90 } as const;
    elements.push(textAt(MARGIN + 6, top + height / 2, rowName, style));
  }
  return frame.finish(bottom + 12, elements);
}

/**
 * Colours for some values: one-sided from nought when none is negative, else two-sided about nought, to the
 * largest, rounded up. Shares end at 1 where that is near.
 */
export function colorsFor(values: readonly number[], max?: number): { colors: Colors; beyond: boolean } {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) throw new RangeError('values: all are NaN, so there is nothing to draw');
  let largest = 0;
  let signed = false;
  for (const value of known) {
    largest = Math.max(largest, Math.abs(value));
    signed ||= value < 0;
  }
  if (max !== undefined && !(max > 0 && Number.isFinite(max))) {
    throw new RangeError(`max ${max}: expected a number above 0; leave it out for the largest value`);
  }
  const end = max ?? (largest === 0 ? 1 : linearScale(0, largest, { count: 4 }).max);
  return {
    colors: signed ? { scale: diverging, min: -end, max: end } : { scale: sequential, min: 0, max: end },
    beyond: largest > end,
  };
}
