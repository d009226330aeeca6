// Charts with two numeric axes: scales that fit the data, and the panel of a figure.
import { requireItems, requireLength, requireOnAxis, type Numbers } from '../drawing/check.js';
import type { Figure } from '../drawing/figure.js';
import { MARGIN, type Frame } from '../drawing/frame.js';
import { linearScale, logScale, tickLabels, type Scale } from '../drawing/scale.js';
import { textWidth } from '../drawing/text.js';
import { drawPanels, type Box, type Panel } from './panels.js';

/** Points of a curve, x in ascending order. A y of NaN or ±Infinity leaves a gap. */
export interface Curve {
  readonly x: Numbers;
  readonly y: Numbers;
}

export interface NamedCurve extends Curve {
  /** Name in errors: `runs[2].validation`. */
  readonly setting: string;
}

export interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

/** @throws RangeError for different lengths, descending x, no finite y, or 0 or less on a logarithmic axis */
export function checkCurve({ setting, x, y }: NamedCurve, logX: boolean, logY: boolean): void {
  requireItems(`${setting}.x`, x, 'point');
  requireLength(`${setting}.y`, y, x.length, `${setting}.x`);
  let finite = 0;
  for (let i = 0; i < x.length; i++) {
    requireOnAxis(`${setting}.x[${i}]`, x[i], logX);
    if (i > 0 && x[i] < x[i - 1]) {
      throw new RangeError(
        `${setting}.x[${i}]: ${x[i]} after ${x[i - 1]}. Expected ascending x. Sort the points.`,
      );
    }
    if (!Number.isFinite(y[i])) continue;
    requireOnAxis(`${setting}.y[${i}]`, y[i], logY);
    finite++;
  }
  if (finite === 0) throw new RangeError(`${setting}.y: no finite value. Expected at least one.`);
}

const MOST_TICKS = 9;

/** Scales that contain all curves in an area of the given size; `wholeX` for ticks at whole numbers. */
export function scalesFor(
  curves: readonly Curve[],
  { logX, logY, wholeX = false }: { logX: boolean; logY: boolean; wholeX?: boolean },
  size: { width: number; height: number },
): Scales {
  const [xFirst, xHigh] = range(curves.map((curve) => curve.x));
  // Steps and positions that begin near 0 get an axis from 0.
  const xLow = wholeX && !logX && xFirst > 0 && xFirst <= 0.15 * xHigh ? 0 : xFirst;
  const [yLow, yHigh] = range(curves.map((curve) => curve.y));
  const xCount = Math.max(3, Math.min(9, Math.floor(size.width / 60)));
  const yCount = Math.max(3, Math.floor(size.height / 45));
  const xOfData = wholeX && !logX ? scaleOfData(curves, size.width) : undefined;
  return {
    x:
      xOfData ??
      (logX
        ? logScale(xLow, xHigh, { count: xCount, margin: 0.01 })
        : linearScale(xLow, xHigh, { count: xCount, rounded: false, whole: wholeX })),
    y: logY ? logScale(yLow, yHigh, { count: yCount }) : linearScale(yLow, yHigh, { count: yCount }),
  };
}

/** Scale with the x of the points as ticks, where these are few and their labels do not overlap. */
function scaleOfData(curves: readonly Curve[], width: number): Scale | undefined {
  const ticks = [...new Set(curves.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
  if (ticks.length < 2 || ticks.length > MOST_TICKS) return undefined;
  const [min, max] = [ticks[0], ticks.at(-1)!];
  const label = tickLabels(ticks);
  const widths = ticks.map((tick) => textWidth(label(tick), 12));
  const fits = ticks.every((tick, i) => {
    if (i === 0) return true;
    const distance = ((tick - ticks[i - 1]) / (max - min)) * width;
    return distance >= (widths[i] + widths[i - 1]) / 2 + 6;
  });
  return fits ? { kind: 'linear', min, max, ticks, label } : undefined;
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

/** Figure with one panel of the given height; `draw` returns its series and further SVG elements. */
export function xyFigure(
  frame: Frame,
  scales: Scales,
  { xName, yName, height }: { xName: string; yName: string; height: number },
  draw: (box: Box) => { series: Panel['series']; elements?: readonly string[] },
): Figure {
  const tickWidth = Math.max(...scales.y.ticks.map((tick) => textWidth(scales.y.label(tick), 12)), 8);
  const gap = tickWidth + 14 + (yName ? 20 : 0);
  const left = MARGIN + gap;
  const box = { left, top: frame.top, width: frame.width - left - MARGIN - 8, height };
  const { series, elements = [] } = draw(box);
  const bottom = frame.top + height + 50;
  const panel: Panel = { box, ...scales, xName, yName, yNameGap: gap - 8, series };
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}

/**
 * Figure with a panel per title, on equal axes. `draw` gets the area of a panel, and returns scales and a function that
 * returns the series and further SVG elements of a panel.
 */
export function xyPanels(
  frame: Frame,
  titles: readonly string[],
  { xName, yName, columns: most, height }: { xName: string; yName: string; columns: number; height: number },
  draw: (area: { width: number; height: number }) => {
    scales: Scales;
    draw: (i: number, box: Box) => { series: Panel['series']; elements: readonly string[] };
  },
): Figure {
  const columns = Math.min(most, titles.length);
  const [gap, beside, above] = [52, MARGIN + 56, 26];
  const width = (frame.width - beside - MARGIN - 8 - gap * (columns - 1)) / columns;
  const { scales, draw: drawPanel } = draw({ width, height });
  const step = height + above + 28;
  const elements: string[] = [];
  const panels = titles.map((title, i): Panel => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const left = beside + column * (width + gap);
    const box = { left, top: frame.top + above + row * step, width, height };
    const { series, elements: own } = drawPanel(i, box);
    elements.push(...own);
    const last = i + columns >= titles.length;
    return {
      ...{ box, ...scales, title, series, yNameGap: 48 },
      ...(last && { xName }),
      ...(column === 0 && { yName }),
    };
  });
  const bottom = frame.top + Math.ceil(titles.length / columns) * step + 22;
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, panels), ...elements]);
}
