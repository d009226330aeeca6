// Panels with axes, rendered by Apache ECharts on the server. Layout, ranges and ticks come from the callers: ECharts
// axes run from 0 to 1, so its text measurement and rounding have no effect.
import type { Scale } from '../drawing/scale.js';
import { INK, MUTED, RULE, textAt } from '../drawing/svg.js';
import { FONT_FAMILY, plainText, shorten } from '../drawing/text.js';
import { renderChart } from './echarts.js';

/** Rectangle in SVG units. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A categorical axis. */
export interface Categories {
  readonly kind: 'categories';
  readonly labels: readonly string[];
  /** Writes every n-th label. */
  readonly every?: number;
  /** Rotation of the labels in degrees. */
  readonly rotate?: number;
}

export interface LineSeries {
  readonly kind: 'line';
  /** In drawing order; an undefined y is a gap. */
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
  readonly color: string;
  readonly width?: number;
  readonly dash?: string;
  readonly opacity?: number;
  readonly marker?: string;
}

export interface PointSeries {
  readonly kind: 'points';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly color: string;
  readonly marker: string;
  readonly size: number;
}

export interface BarSeries {
  readonly kind: 'bars';
  /** One per category; undefined for none. */
  readonly values: readonly (number | undefined)[];
  readonly color: string;
  /** Text at the end of each bar. */
  readonly labels?: readonly string[];
  readonly labelSize?: number;
}

export interface Panel {
  /** Area inside the axes. */
  readonly box: Box;
  readonly x: Scale | Categories;
  readonly y: Scale | Categories;
  readonly xName?: string;
  readonly yName?: string;
  /** Distance of the name of the y axis from the axis. */
  readonly yNameGap?: number;
  readonly title?: string;
  readonly series: readonly (LineSeries | PointSeries | BarSeries)[];
}

/** Share of a category's length that stays empty between groups of bars. */
export const GROUP_GAP = 0.3;

/** Position of a value on an axis of `length` units, from its low end. */
export function positionOn(scale: Scale, value: number, length: number): number {
  const transform = (each: number) => (scale.kind === 'log' ? Math.log10(each) : each);
  const low = transform(scale.min);
  return ((transform(value) - low) / (transform(scale.max) - low)) * length;
}

/** SVG elements of panels in a figure of the given size. */
export function drawPanels(size: { width: number; height: number }, panels: readonly Panel[]): string {
  const svg = renderChart(size, {
    animation: false,
    silent: true,
    textStyle: { fontFamily: FONT_FAMILY, fontSize: 12, color: INK },
    grid: panels.map(({ box }) => ({ ...box, outerBoundsMode: 'none', containLabel: false })),
    xAxis: panels.map(({ x, y }, i) => axisOption(x, i, y.kind === 'categories' || x.kind !== 'categories')),
    yAxis: panels.map(({ x, y }, i) =>
      axisOption(y, i, x.kind === 'categories' || y.kind !== 'categories', true),
    ),
    series: panels.flatMap((panel, i) => panel.series.map((each) => seriesOption(each, i, panel))),
  });
  return [cleanSvg(svg), ...panels.flatMap(panelNames)].join('\n');
}

function panelNames({ box, xName, yName, yNameGap = 46, title }: Panel): string[] {
  const { left, top, width, height } = box;
  const name = { size: 12.5, anchor: 'middle', color: MUTED } as const;
  return [
    ...(title
      ? [textAt(left, top - 12, shorten(title, width, 13, { bold: true }), { size: 13, bold: true })]
      : []),
    ...(xName ? [textAt(left + width / 2, top + height + 36, xName, name)] : []),
    ...(yName
      ? [
          textAt(left - yNameGap, top + height / 2, shorten(yName, height + 40, 12.5), {
            ...name,
            rotate: -90,
          }),
        ]
      : []),
  ];
}

function axisOption(scale: Scale | Categories, gridIndex: number, gridLines: boolean, vertical = false) {
  const common = {
    gridIndex,
    axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
    splitLine: { show: gridLines && scale.kind !== 'categories', lineStyle: { color: RULE } },
  };
  if (scale.kind === 'categories') {
    const { labels, every = 1, rotate = 0 } = scale;
    return {
      ...common,
      type: 'category',
      // Indices instead of labels, because equal labels would become one category.
      data: labels.map((_, i) => i),
      inverse: vertical,
      axisTick: { show: false },
      axisLabel: {
        interval: 0,
        hideOverlap: false,
        rotate,
        fontSize: 12,
        color: INK,
        formatter: (i: string) => (Number(i) % every === 0 ? plainText(labels[Number(i)]) : ''),
      },
    };
  }
  const { ticks, label } = scale;
  const positions = ticks.map((tick) => Math.min(Math.max(positionOn(scale, tick, 1), 0), 1));
  return {
    ...common,
    type: 'value',
    min: 0,
    max: 1,
    startValue: scale.min < 0 ? positionOn(scale, 0, 1) : 0,
    axisTick: { show: true, length: 4, lineStyle: { color: MUTED }, customValues: positions },
    axisLabel: {
      fontSize: 12,
      color: INK,
      hideOverlap: false,
      customValues: positions,
      formatter: (position: number) => plainText(label(ticks[positions.indexOf(position)])),
    },
  };
}

function seriesOption(series: LineSeries | PointSeries | BarSeries, index: number, panel: Panel) {
  const common = { xAxisIndex: index, yAxisIndex: index, silent: true };
  const { x: xScale, y: yScale } = panel;
  const at = ([x, y]: readonly [number, number | undefined]) => [
    xScale.kind === 'categories' ? x : positionOn(xScale, x, 1),
    yScale.kind === 'categories' || y === undefined ? NaN : positionOn(yScale, y, 1),
  ];
  if (series.kind === 'line') {
    const { points, color, width = 2, dash = '', opacity = 1, marker } = series;
    return {
      ...common,
      type: 'line',
      data: points.map(at),
      symbol: marker ?? 'none',
      symbolSize: 7,
      showAllSymbol: true,
      lineStyle: { color, width, opacity, type: dash ? dash.split(',').map(Number) : 'solid', join: 'round' },
      itemStyle: { color, opacity },
    };
  }
  if (series.kind === 'points') {
    const { points, color, marker, size } = series;
    return {
      ...common,
      type: 'scatter',
      data: points.map(at),
      symbol: marker,
      symbolSize: size,
      itemStyle: { color, opacity: 1 },
    };
  }
  const { values, color, labels, labelSize = 12 } = series;
  const horizontal = yScale.kind === 'categories';
  const scale = (horizontal ? xScale : yScale) as Scale;
  return {
    ...common,
    type: 'bar',
    barCategoryGap: `${GROUP_GAP * 100}%`,
    barGap: '0%',
    data: values.map((value, i) => ({
      value: value === undefined ? '-' : positionOn(scale, value, 1),
      itemStyle: { color },
      label: {
        show: labels !== undefined,
        position: (value ?? 0) < 0 ? (horizontal ? 'left' : 'bottom') : horizontal ? 'right' : 'top',
        distance: 4,
        fontSize: labelSize,
        color: INK,
        formatter: () => plainText(labels?.[i] ?? ''),
      },
    })),
  };
}

/**
 * The elements inside ECharts' <svg>, without hover styles and script attributes. Removes the per-process counters from
 * ids so that equal data gives equal bytes. Replaces inside tags only; text is escaped and cannot open one.
 */
function cleanSvg(svg: string): string {
  return svg
    .replace(/^<svg[^>]*>\s*(<rect[^>]*><\/rect>)?\s*/, '')
    .replace(/<style\s*>[\s\S]*?<\/style>/, '')
    .replace(/\s*<\/svg>\s*$/, '')
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
        .replace(/(id="|url\(#)zr\d+-/g, '$1')
        .replace(/^<defs >$/, '<defs>'),
    )
    .replace(/\n\s*\n/g, '\n')
    .trim();
}
