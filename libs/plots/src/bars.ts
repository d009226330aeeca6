// Labelled bars: one or several series over named things, lying (names can be long) or standing.
// It leaves out stacked bars, and axes of logarithms, on which the length of a bar means nothing.
import { lyingBars, nameColumn, standingBars } from './bar-panel.js';
import { drawPanels } from './chart.js';
import { needSameLength, needSome, type Numbers } from './check.js';
import { style } from './color.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import type { LegendEntry } from './legend.js';
import { valueLabels } from './scale.js';

export interface BarSeriesInput {
  /** What the series is called in the legend; without names there is no legend. */
  readonly name?: string;
  /** One a label. NaN is written as "missing", an infinity as ∞ without a bar. */
  readonly values: Numbers;
}

export interface BarsOptions extends FigureOptions {
  /** What each bar, or group of bars, is called. */
  readonly labels: readonly string[];
  readonly series: readonly BarSeriesInput[];
  /** `lying` (the default) has room for long names; `standing` is for many short ones. */
  readonly direction?: 'lying' | 'standing';
  /** What the values are, and their unit. */
  readonly valueName?: string;
  /** What the labels are; said under standing bars. */
  readonly labelName?: string;
  /** How a value is written at its bar; by default all with the same decimals, four figures at most. */
  readonly format?: (value: number) => string;
}

/**
 * Bars from nought, with their values: perplexities of models, train and validation loss beside each other, shares
 * of experts. Values are written where they fit: always beside lying bars.
 *
 * @throws RangeError when there is nothing to draw, when a series and the labels differ in length, or when no value
 * is finite.
 */
export function bars(options: BarsOptions): Figure {
  const { series, direction = 'lying', valueName, labelName } = options;
  needSome('labels', options.labels, 'label');
  needSome('series', series, 'series');
  for (const [i, { values }] of series.entries()) {
    needSameLength(`series[${i}].values`, values, 'labels', options.labels.length);
  }
  if (!series.some(({ values }) => Array.from(values).some(Number.isFinite))) {
    throw new RangeError('series: no value is finite, so there is nothing to draw; expected at least one');
  }
  const frame = openFrame(
    options,
    valueName,
    series.flatMap(({ name }, i): LegendEntry[] =>
      name === undefined ? [] : [{ name, color: style(i).color, shape: 'box' }],
    ),
  );
  const content = {
    labels: options.labels,
    series: series.map(({ values }, i) => ({ values: Array.from(values), color: style(i).color })),
    format: options.format ?? valueLabels(series.flatMap(({ values }) => Array.from(values))),
    valueName,
    labelName,
  };
  const inner = frame.width - 2 * MARGIN;
  const place = { left: MARGIN, top: frame.top, width: inner };
  const { panel, elements, bottom } =
    direction === 'lying'
      ? lyingBars({ ...place, column: nameColumn(content.labels, inner) }, content)
      : standingBars({ ...place, height: 280 }, content);
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}
