// Panels of curves, laid out: what range and ticks the axes have, which points are drawn when there are more than
// pixels, where a curve has gaps. curves.ts and the figures by position and context length put them together.
import { type Box, type LineSeries, type Panel, type PointSeries } from './chart.js';
import { needFinite, needPositive, needSameLength, needSome, type Numbers } from './check.js';
import { linearScale, logScale, type Scale } from './scale.js';
import { textWidth } from './text.js';

/** A curve: as many x as y, x rising. A y of NaN or ±Infinity (a diverged run) leaves a gap. */
export interface Curve {
  readonly x: Numbers;
  readonly y: Numbers;
}

export interface StyledCurve extends Curve {
  /** What errors call it: `runs[2].validation`. */
  readonly what: string;
  readonly color: string;
  readonly dash?: string;
  readonly mark?: string;
  readonly width?: number;
  readonly opacity?: number;
}

export interface AxisOptions {
  readonly name?: string;
  readonly log?: boolean;
  /** Ticks are whole numbers: steps, positions. */
  readonly whole?: boolean;
}

/** Beyond so many points marks would touch each other. */
const MOST_MARKS = 40;

/** @throws RangeError when lengths differ, x do not rise, no y is finite, or a logarithm is asked of 0 or less. */
function checkCurve({ what, x, y }: StyledCurve, logX: boolean, logY: boolean): void {
  needSome(`${what}.x`, x, 'point');
  needSameLength(`${what}.y`, y, `${what}.x`, x.length);
  let drawn = 0;
  for (let i = 0; i < x.length; i++) {
    (logX ? needPositive : needFinite)(`${what}.x[${i}]`, x[i]);
    if (i > 0 && x[i] < x[i - 1]) {
      throw new RangeError(
        `${what}.x[${i}] is ${x[i]} after ${x[i - 1]}: expected x that rise; sort the points`,
      );
    }
    if (!Number.isFinite(y[i])) continue;
    if (logY) needPositive(`${what}.y[${i}]`, y[i]);
    drawn++;
  }
  if (drawn === 0) throw new RangeError(`${what}.y has no finite value, so there is nothing to draw`);
}

/** Scales on which all of the curves fit. */
export function scalesFor(
  curves: readonly StyledCurve[],
  x: AxisOptions,
  y: AxisOptions,
  size: { width: number; height: number },
): { x: Scale; y: Scale } {
  for (const curve of curves) checkCurve(curve, x.log ?? false, y.log ?? false);
  const [xFirst, xHigh] = range(curves.map((curve) => curve.x));
  // Steps and positions that begin near 0 begin at 0, where a reader looks for the start.
  const xLow = x.whole && !x.log && xFirst > 0 && xFirst <= 0.15 * xHigh ? 0 : xFirst;
  const [yLow, yHigh] = range(curves.map((curve) => curve.y));
  const count = {
    x: Math.max(3, Math.min(9, Math.floor(size.width / 60))),
    y: Math.max(3, Math.floor(size.height / 45)),
  };
  return {
    x: x.log
      ? logScale(xLow, xHigh, { count: count.x, margin: 0.01 })
      : linearScale(xLow, xHigh, { count: count.x, rounded: false, whole: x.whole }),
    y: y.log ? logScale(yLow, yHigh, { count: count.y }) : linearScale(yLow, yHigh, { count: count.y }),
  };
}

/** Room that the tick labels and the name of a y axis need left of it. */
export function yGap(scale: Scale, name: string | undefined): number {
  return Math.max(...scale.ticks.map((tick) => textWidth(scale.label(tick), 12)), 8) + 14 + (name ? 20 : 0);
}

export function curvePanel(
  box: Box,
  scales: { x: Scale; y: Scale },
  curves: readonly StyledCurve[],
  names: { x?: string; y?: string; title?: string },
): Panel {
  return {
    box,
    ...scales,
    xName: names.x,
    yName: names.y,
    yNameGap: yGap(scales.y, names.y) - 8,
    title: names.title,
    series: curves.flatMap((curve) => drawCurve(curve, scales, box)),
  };
}

function drawCurve(
  curve: StyledCurve,
  scales: { x: Scale; y: Scale },
  box: Box,
): (LineSeries | PointSeries)[] {
  const { color, dash, mark, width, opacity } = curve;
  const points = thin(curve, scales.x, box.width);
  const series: (LineSeries | PointSeries)[] = [
    {
      kind: 'line',
      points,
      color,
      dash,
      width,
      opacity,
      mark: points.length <= MOST_MARKS ? mark : undefined,
    },
  ];
  if (points.length > MOST_MARKS || mark === undefined) {
    // A point between two gaps has no line to be part of.
    const alone = points.flatMap(([x, y], i) =>
      y !== undefined && points[i - 1]?.[1] === undefined && points[i + 1]?.[1] === undefined
        ? [[x, y] as const]
        : [],
    );
    if (alone.length > 0) series.push({ kind: 'points', points: alone, color, mark: 'circle', size: 4 });
  }
  return series;
}

/**
 * The points of a curve; where several fall on one pixel column, the first, lowest, highest and last of them, which
 * look the same as all: 50,000 steps make no file of megabytes.
 */
function thin({ x, y }: Curve, scale: Scale, width: number): [number, number | undefined][] {
  const points = Array.from(x, (each, i): [number, number | undefined] => [
    each,
    Number.isFinite(y[i]) ? y[i] : undefined,
  ]);
  if (points.length <= 2 * width) return points;
  const position = (value: number) => (scale.kind === 'log' ? Math.log10(value) : value);
  const unit = width / (position(scale.max) - position(scale.min));
  const kept: [number, number | undefined][] = [];
  for (let from = 0; from < points.length;) {
    const column = Math.floor((position(points[from][0]) - position(scale.min)) * unit);
    let to = from;
    let [low, high, gap] = [-1, -1, -1];
    for (; to < points.length; to++) {
      if (Math.floor((position(points[to][0]) - position(scale.min)) * unit) !== column) break;
      const value = points[to][1];
      if (value === undefined) gap = to;
      else {
        if (low < 0 || value < points[low][1]!) low = to;
        if (high < 0 || value > points[high][1]!) high = to;
      }
    }
    const chosen = new Set([from, low, high, gap, to - 1].filter((i) => i >= 0));
    for (const i of [...chosen].sort((a, b) => a - b)) kept.push(points[i]);
    from = to;
  }
  return kept;
}

function range(lists: readonly Numbers[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      if (!Number.isFinite(list[i])) continue;
      low = Math.min(low, list[i]);
      high = Math.max(high, list[i]);
    }
  }
  return [low, high];
}
