// Bar charts: horizontal or vertical, grouped or one panel per series. Stacked bars and logarithmic axes are not supported.
import { requireItems, requireLength, requireOptions, type Numbers } from '../drawing/check.js';
import { style } from '../drawing/color.js';
import type { Figure } from '../drawing/figure.js';
import { MARGIN, openFrame, type FigureOptions } from '../drawing/frame.js';
import { linearScale, valueLabels, type Scale } from '../drawing/scale.js';
import { line, MUTED, textAt } from '../drawing/svg.js';
import { shorten, textWidth } from '../drawing/text.js';
import { drawPanels, GROUP_GAP, positionOn, type Panel } from './panels.js';

export interface BarChartOptions extends FigureOptions {
  /** Categories. */
  readonly labels: readonly string[];
  readonly series: readonly {
    /** Name in the legend, or above its panel. */
    readonly name?: string;
    /** One per label. NaN is written as "missing", an infinity as ∞ without a bar. */
    readonly values: Numbers;
  }[];
  /** `horizontal` (default) has room for long labels; `vertical` suits many short ones. */
  readonly orientation?: 'horizontal' | 'vertical';
  /** Draws one panel of horizontal bars per series, on equal axes. */
  readonly panels?: boolean;
  readonly valueName?: string;
  /** Name of the categories, below vertical bars. */
  readonly labelName?: string;
  /** Formats a value; by default the same number of decimals for all values. */
  readonly format?: (value: number) => string;
  /** Values are shares from 0 to 1, written as percentages. */
  readonly percent?: boolean;
  /** Smallest range of the value axis. */
  readonly range?: readonly [low: number, high: number];
}

interface Bars {
  readonly labels: readonly string[];
  readonly series: readonly { readonly values: readonly number[]; readonly color: string }[];
  readonly format: (value: number) => string;
}

interface Layout {
  readonly panel: Panel;
  readonly elements: readonly string[];
  readonly bottom: number;
}

const VALUE_SIZE = 11.5;
const LABEL_SIZE = 12;

/**
 * Bars from 0 with their values written where they fit; beside horizontal bars they always do.
 *
 * @throws RangeError without data, for different numbers of labels and values, and when no value is finite
 */
export function barChart(options: BarChartOptions): Figure {
  requireOptions(options, [
    'labels',
    'series',
    'orientation',
    'panels',
    'valueName',
    'labelName',
    'format',
    'percent',
    'range',
  ]);
  const { labels, series, orientation = 'horizontal', panels = false, percent = false } = options;
  requireItems('labels', labels, 'label');
  requireItems('series', series, 'series');
  const all = series.map(({ values }) => Array.from(values));
  for (const [i, values] of all.entries()) {
    requireLength(`series[${i}].values`, values, labels.length, 'labels');
    const wrong = percent ? values.findIndex((value) => !(value >= 0 && value <= 1 + 1e-6)) : -1;
    if (wrong >= 0)
      throw new RangeError(`series[${i}].values[${wrong}]: ${values[wrong]}. Expected a share from 0 to 1.`);
  }
  if (!all.flat().some(Number.isFinite))
    throw new RangeError('series: no finite value. Expected at least one.');
  if (panels && orientation === 'vertical')
    throw new RangeError('panels: not supported with vertical bars. Use horizontal bars.');
  const frame = openFrame(
    options,
    options.valueName,
    series.flatMap(({ name }, i) =>
      name === undefined || panels ? [] : [{ name, color: style(i).color, shape: 'box' as const }],
    ),
  );
  const bars: Bars = {
    labels,
    series: all.map((values, i) => ({ values, color: style(panels ? 0 : i).color })),
    format: options.format ?? (percent ? percentLabel : valueLabels(all.flat())),
  };
  const area = { left: MARGIN, top: frame.top, width: frame.width - 2 * MARGIN };
  const layouts = panels
    ? panelGrid(area, bars, options)
    : [orientation === 'vertical' ? verticalBars(area, bars, options) : horizontalBars(area, bars, options)];
  const bottom = layouts.at(-1)!.bottom;
  const drawn = drawPanels(
    { width: frame.width, height: bottom },
    layouts.map(({ panel }) => panel),
  );
  return frame.finish(bottom, [drawn, ...layouts.flatMap(({ elements }) => elements)]);
}

/** Horizontal bars, one row per label. */
function horizontalBars(
  { left, top, width }: { left: number; top: number; width: number },
  bars: Bars,
  options: BarChartOptions,
  { labelWidth = labelColumn(bars.labels, width), axis }: { labelWidth?: number; axis?: Scale } = {},
): Layout {
  const { labels, series, format } = bars;
  const row = series.length === 1 ? 24 : 17 * series.length + 8;
  const box = { left: left + labelWidth, top, width: width - labelWidth - 8, height: row * labels.length };
  const scale = axis ?? horizontalScale(bars, options, box.width);
  const shown = labels.map((label) => (labelWidth === 0 ? '' : shorten(label, labelWidth - 10, LABEL_SIZE)));
  const panel: Panel = {
    box,
    x: scale,
    y: { kind: 'categories', labels: shown },
    xName: options.valueName,
    series: barSeries(bars, VALUE_SIZE),
  };
  const zero = box.left + positionOn(scale, 0, box.width);
  const elements = notFinite(bars, row, (at, value) =>
    textAt(zero + 6, top + at, format(value), { size: VALUE_SIZE, color: MUTED }),
  );
  if (scale.min < 0) elements.push(line(zero, top, zero, top + box.height, MUTED));
  return { panel, elements, bottom: top + box.height + (options.valueName ? 50 : 30) };
}

function labelColumn(labels: readonly string[], width: number): number {
  return Math.min(Math.max(...labels.map((label) => textWidth(label, LABEL_SIZE))), width * 0.38) + 10;
}

function horizontalScale(bars: Bars, options: BarChartOptions, length: number): Scale {
  return valueScale(bars, options, { length, tickGap: 70 }, (text) => textWidth(text, VALUE_SIZE) + 8);
}

/** One panel of horizontal bars per series, at most four in a row, on the same axis. */
function panelGrid(
  { left, top, width }: { left: number; top: number; width: number },
  bars: Bars,
  options: BarChartOptions,
): Layout[] {
  const labelWidth = labelColumn(bars.labels, width * 0.5);
  const columns = Math.min(bars.series.length, 4);
  const panelWidth = (width - labelWidth) / columns;
  const axis = horizontalScale(bars, options, panelWidth - 14);
  const layouts: Layout[] = [];
  let y = top;
  for (const [i, one] of bars.series.entries()) {
    const column = i % columns;
    if (i > 0 && column === 0) y = layouts[i - 1].bottom + 4;
    const labeled = column === 0 ? labelWidth : 0;
    const x = left + labelWidth - labeled + column * panelWidth;
    const layout = horizontalBars(
      { left: x, top: y + 22, width: panelWidth + labeled - 6 },
      { ...bars, series: [one] },
      options,
      { labelWidth: labeled, axis },
    );
    layouts.push({ ...layout, panel: { ...layout.panel, title: options.series[i].name } });
  }
  return layouts;
}

/** Vertical bars; labels wider than a column are rotated, and thinned in narrow columns. */
function verticalBars(
  area: { left: number; top: number; width: number },
  bars: Bars,
  options: BarChartOptions,
): Layout {
  const { labels, series, format } = bars;
  const { valueName, labelName } = options;
  const gap = valueName ? 64 : 44;
  const box = { left: area.left + gap, top: area.top, width: area.width - gap - 8, height: 280 };
  const band = box.width / labels.length;
  const rotated = Math.max(...labels.map((label) => textWidth(label, LABEL_SIZE))) > band - 4;
  const every = rotated ? Math.ceil(14 / band) : 1;
  const shown = labels.map((label) => (rotated ? shorten(label, 130, LABEL_SIZE) : label));
  // A single series may use the gaps between its bars.
  const room = series.length === 1 ? band : (band * (1 - GROUP_GAP)) / series.length;
  const written = series.flatMap(({ values }) => values.filter(Number.isFinite).map(format));
  const size = [VALUE_SIZE, 10, 9].find((each) => written.every((text) => textWidth(text, each) <= room - 4));
  const scale = valueScale(bars, options, { length: box.height, tickGap: 45 }, () => (size ?? -4) + 8);
  const panel: Panel = {
    box,
    x: { kind: 'categories', labels: shown, every, rotate: rotated ? 90 : 0 },
    y: scale,
    yName: valueName,
    yNameGap: 50,
    series: barSeries(bars, size),
  };
  const zero = box.top + box.height - positionOn(scale, 0, box.height);
  const elements = notFinite(bars, band, (at, value) =>
    textAt(box.left + at, zero - 8, format(value), { size: 10, color: MUTED, rotate: -90 }),
  );
  if (scale.min < 0) elements.push(line(box.left, zero, box.left + box.width, zero, MUTED));
  const depth = rotated ? Math.max(...shown.map((label) => textWidth(label, LABEL_SIZE))) : LABEL_SIZE;
  const bottom = box.top + box.height + depth + 16 + (labelName ? 20 : 0);
  if (labelName) {
    const name = { size: 12.5, anchor: 'middle', color: MUTED } as const;
    elements.push(textAt(box.left + box.width / 2, bottom - 10, labelName, name));
  }
  return { panel, elements, bottom: bottom + 6 };
}

function barSeries({ series, format }: Bars, labelSize: number | undefined): Panel['series'] {
  return series.map(({ values, color }) => ({
    kind: 'bars',
    values: values.map((value) => (Number.isFinite(value) ? value : undefined)),
    color,
    ...(labelSize !== undefined && {
      labels: values.map((value) => (Number.isFinite(value) ? format(value) : '')),
      labelSize,
    }),
  }));
}

/** Elements in place of missing and infinite bars; `at` is the middle of the bar from the start of the category axis. */
function notFinite({ series }: Bars, band: number, draw: (at: number, value: number) => string): string[] {
  return series.flatMap(({ values }, i) =>
    values.flatMap((value, group) =>
      Number.isFinite(value)
        ? []
        : [draw(band * (group + GROUP_GAP / 2 + ((1 - GROUP_GAP) * (i + 0.5)) / series.length), value)],
    ),
  );
}

/** Value axis that includes 0 and leaves `room(text)` units beyond each bar for its text. */
function valueScale(
  { series, format }: Bars,
  { range = [0, 0], percent = false }: BarChartOptions,
  { length, tickGap }: { length: number; tickGap: number },
  room: (text: string) => number,
): Scale {
  const ends = series.flatMap(({ values }) =>
    values.filter(Number.isFinite).map((value) => ({ value, text: room(format(value)) })),
  );
  const lowest = Math.min(range[0], ...ends.map(({ value }) => value));
  let highest = Math.max(range[1], ...ends.map(({ value }) => value));
  if (lowest === highest) highest = lowest + 1;
  let [low, high] = [lowest, highest];
  // The room that texts need, in values, grows with the range that it extends; a few rounds converge.
  for (let round = 0; round < 8; round++) {
    const unit = (high - low) / length;
    const reach = (sign: 1 | -1) =>
      ends.filter(({ value }) => value < 0 === sign < 0).map(({ value, text }) => value + sign * text * unit);
    [low, high] = [Math.min(lowest, ...reach(-1)), Math.max(highest, ...reach(1))];
  }
  const count = Math.max(2, Math.min(7, Math.floor(length / tickGap)));
  const scale = linearScale(low, high, { count, rounded: false });
  if (!percent) return scale;
  return {
    ...scale,
    ticks: scale.ticks.filter((tick) => tick <= 1),
    label: (value) => `${Number((value * 100).toPrecision(3))} %`,
  };
}

/** 12.3 %, 0.04 %. */
function percentLabel(value: number): string {
  const percent = value * 100;
  if (percent > 0 && percent < 0.005) return '< 0.01 %';
  return `${percent.toFixed(percent < 0.095 && percent > 0 ? 2 : 1)} %`;
}
