// Panels with axes, drawn by Apache ECharts on the server side: lines, points and bars inside boxes whose places
// are given in units. Layout, ticks and legends are decided by the callers, so nothing depends on how ECharts
// would measure text; its own axes run from 0 to 1, so nothing on how it would round ranges. It leaves out heat maps (heat-map.ts) and everything that moves.
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Scale } from './scale.js';
import { INK, MUTED, RULE, textAt } from './svg.js';
import { FONT_FAMILY, plainText, shorten } from './text.js';

use([BarChart, LineChart, ScatterChart, GridComponent, SVGRenderer]);

/** A rectangle of the figure, in units: the area that the axes enclose. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** An axis of things that have names, each with an equal share of the length. */
export interface Categories {
  readonly kind: 'categories';
  readonly labels: readonly string[];
  /** Every how many-th label is written. */
  readonly every?: number;
  /** Degrees by which labels turn. */
  readonly rotate?: number;
}

export interface LineSeries {
  readonly kind: 'line';
  /** In the order of drawing; an undefined y is a gap. */
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
  readonly color: string;
  readonly width?: number;
  readonly dash?: string;
  readonly opacity?: number;
  /** Name of the mark at each point; none when left out. */
  readonly mark?: string;
}

export interface PointSeries {
  readonly kind: 'points';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly color: string;
  readonly mark: string;
  readonly size: number;
}

export interface BarSeries {
  readonly kind: 'bars';
  /** One a category; undefined where there is none. */
  readonly values: readonly (number | undefined)[];
  /** One for all or one for each bar. */
  readonly color: string | readonly string[];
  /** What is written at a bar's end. */
  readonly labels?: readonly string[];
  readonly labelSize?: number;
}

export interface Panel {
  readonly box: Box;
  readonly x: Scale | Categories;
  readonly y: Scale | Categories;
  readonly xName?: string;
  readonly yName?: string;
  /** Distance of the y axis's name from the axis. */
  readonly yNameGap?: number;
  readonly title?: string;
  readonly series: readonly (LineSeries | PointSeries | BarSeries)[];
}

/** Share of a category's length that stays empty between groups of bars. */
export const GROUP_GAP = 0.3;

/** Where a value lies on an axis of `length` units, from its low end. */
export function placeOn(scale: Scale, value: number, length: number): number {
  const position = (each: number) => (scale.kind === 'log' ? Math.log10(each) : each);
  const low = position(scale.min);
  return ((position(value) - low) / (position(scale.max) - low)) * length;
}

/** The SVG elements of some panels in a figure of the given size. */
export function drawPanels(size: { width: number; height: number }, panels: readonly Panel[]): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: size.width, height: size.height });
  try {
    chart.setOption({
      animation: false,
      silent: true,
      textStyle: { fontFamily: FONT_FAMILY, fontSize: 12, color: INK },
      grid: panels.map(({ box }) => ({ ...box, outerBoundsMode: 'none', containLabel: false })),
      xAxis: panels.map(({ x, y }, i) => axis(x, i, y.kind === 'categories' || x.kind !== 'categories')),
      yAxis: panels.map(({ x, y }, i) =>
        axis(y, i, x.kind === 'categories' || y.kind !== 'categories', true),
      ),
      series: panels.flatMap((panel, i) => panel.series.map((each) => series(each, i, panel))),
    } satisfies EChartsCoreOption);
    const names = panels.flatMap(panelNames);
    return [elementsOf(chart.renderToSVGString()), ...names].join('\n');
  } finally {
    chart.dispose();
  }
}

function panelNames({ box, xName, yName, yNameGap = 46, title }: Panel): string[] {
  const texts: string[] = [];
  const { left, top, width, height } = box;
  if (title) {
    const size = 13;
    texts.push(textAt(left, top - 12, shorten(title, width, size, { bold: true }), { size, bold: true }));
  }
  if (xName) {
    texts.push(
      textAt(left + width / 2, top + height + 36, xName, { size: 12.5, anchor: 'middle', color: MUTED }),
    );
  }
  if (yName) {
    texts.push(
      textAt(left - yNameGap, top + height / 2, shorten(yName, height + 40, 12.5), {
        size: 12.5,
        anchor: 'middle',
        color: MUTED,
        rotate: -90,
      }),
    );
  }
  return texts;
}

function axis(scale: Scale | Categories, gridIndex: number, ruled: boolean, vertical = false) {
  const common = {
    gridIndex,
    axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
    splitLine: { show: ruled && scale.kind !== 'categories', lineStyle: { color: RULE } },
  };
  if (scale.kind === 'categories') {
    const { labels, every = 1, rotate = 0 } = scale;
    return {
      ...common,
      type: 'category',
      // The number stands for the label, so that a label that is there twice stays two.
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
  const places = ticks.map((tick) => Math.min(Math.max(placeOn(scale, tick, 1), 0), 1));
  return {
    ...common,
    type: 'value',
    min: 0,
    max: 1,
    startValue: scale.min < 0 ? placeOn(scale, 0, 1) : 0,
    axisTick: { show: true, length: 4, lineStyle: { color: MUTED }, customValues: places },
    axisLabel: {
      fontSize: 12,
      color: INK,
      hideOverlap: false,
      customValues: places,
      formatter: (place: number) => plainText(label(ticks[places.indexOf(place)])),
    },
  };
}

function series(one: LineSeries | PointSeries | BarSeries, index: number, panel: Panel) {
  const axes = { xAxisIndex: index, yAxisIndex: index, silent: true };
  const { x: xScale, y: yScale } = panel;
  const at = ([x, y]: readonly [number, number | undefined]) => [
    xScale.kind === 'categories' ? x : placeOn(xScale, x, 1),
    yScale.kind === 'categories' || y === undefined ? NaN : placeOn(yScale, y, 1),
  ];
  if (one.kind === 'line') {
    const { points, color, width = 2, dash = '', opacity = 1, mark } = one;
    return {
      ...axes,
      type: 'line',
      data: points.map(at),
      symbol: mark ?? 'none',
      symbolSize: 7,
      showAllSymbol: true,
      lineStyle: { color, width, opacity, type: dash ? dash.split(',').map(Number) : 'solid', join: 'round' },
      itemStyle: { color, opacity },
    };
  }
  if (one.kind === 'points') {
    const { points, color, mark, size } = one;
    return {
      ...axes,
      type: 'scatter',
      data: points.map(at),
      symbol: mark,
      symbolSize: size,
      itemStyle: { color, opacity: 1 },
    };
  }
  const { values, color, labels, labelSize = 12 } = one;
  const sideways = yScale.kind === 'categories';
  const scale = (sideways ? xScale : yScale) as Scale;
  return {
    ...axes,
    type: 'bar',
    barCategoryGap: `${GROUP_GAP * 100}%`,
    barGap: '0%',
    data: values.map((value, i) => ({
      value: value === undefined ? '-' : placeOn(scale, value, 1),
      itemStyle: { color: typeof color === 'string' ? color : color[i] },
      label: {
        show: labels !== undefined,
        position: (value ?? 0) < 0 ? (sideways ? 'left' : 'bottom') : sideways ? 'right' : 'top',
        distance: 4,
        fontSize: labelSize,
        color: INK,
        formatter: () => plainText(labels?.[i] ?? ''),
      },
    })),
  };
}

/**
 * What lies between ECharts's outer tags, without its hover styles and its marks for scripts. Its ids count the
 * drawings of the process, so they are given new ones: the same numbers are to give the same bytes. Only inside of
 * tags, which text, being escaped, cannot open.
 */
function elementsOf(svg: string): string {
  const inner = svg
    .replace(/^<svg[^>]*>\s*(<rect[^>]*><\/rect>)?\s*/, '')
    .replace(/<style\s*>[\s\S]*?<\/style>/, '')
    .replace(/\s*<\/svg>\s*$/, '');
  return inner
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
        .replace(/(id="|url\(#)zr\d+-/g, '$1')
        .replace(/^<defs >$/, '<defs>'),
    )
    .replace(/\n\s*\n/g, '\n')
    .trim();
}
