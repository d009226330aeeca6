// Charts with two numeric axes: scales that fit the data, and the panel of a figure.
import { requireItems, requireLength, requireOnAxis, type Numbers } from '../drawing/check.js';
import type { Figure } from '../drawing/figure.js';
import { MARGIN, type Frame } from '../drawing/frame.js';
import { linearScale, logScale, type Scale } from '../drawing/scale.js';
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
  return {
    x: logX
      ? logScale(xLow, xHigh, { count: xCount, margin: 0.01 })
      : linearScale(xLow, xHigh, { count: xCount, rounded: false, whole: wholeX }),
    y: logY ? logScale(yLow, yHigh, { count: yCount }) : linearScale(yLow, yHigh, { count: yCount }),
  };
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
