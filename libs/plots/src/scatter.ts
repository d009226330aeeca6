// Named points: parameters against loss, and any other two numbers of some runs.
import { drawPanels, placeOn, type PointSeries } from './chart.js';
import { needFinite, needPositive, needSome } from './check.js';
import { style } from './color.js';
import { curvePanel, scalesFor, yGap } from './curve-panel.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { placeLabels } from './label-places.js';
import { line, MUTED, textAt } from './svg.js';
import { plainText, shorten, textWidth } from './text.js';

export interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Points of a group share colour and mark, and are named in the legend. */
  readonly group?: string;
}

export interface ScatterOptions extends FigureOptions {
  /** In the order of the legend. NaN is not accepted: leave out what has no value. */
  readonly points: readonly ScatterPoint[];
  /** "parameters" by default. */
  readonly xName?: string;
  /** "validation loss" by default. */
  readonly yName?: string;
  /** True by default: sizes of models differ by factors. */
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Height of the area within the axes; 360. */
  readonly height?: number;
}

const LABEL_SIZE = 12;

/**
 * Points with their names beside them, placed so that they do not cover each other.
 *
 * @throws RangeError without points, for a number that is not finite, and for 0 or less on an axis of logarithms.
 */
export function parametersAgainstLoss(options: ScatterOptions): Figure {
  const {
    points,
    xName = 'parameters',
    yName = 'validation loss',
    logX = true,
    logY = false,
    height = 360,
  } = options;
  needSome('points', points, 'point');
  for (const [i, { x, y, name }] of points.entries()) {
    (logX ? needPositive : needFinite)(`points[${i}].x (${name})`, x);
    (logY ? needPositive : needFinite)(`points[${i}].y (${name})`, y);
  }
  const groups = [...new Set(points.map(({ group }) => group))];
  const styles = groups.map((_, i) => style(i));
  const frame = openFrame(
    options,
    `${yName} by ${xName}`,
    groups.flatMap((group, i) =>
      group === undefined ? [] : [{ name: group, color: styles[i].color, shape: 'box' as const }],
    ),
  );
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const curve = { what: 'points', x: sorted.map(({ x }) => x), y: sorted.map(({ y }) => y), color: '' };
  const size = { width: frame.width - 100, height };
  const scales = widened(scalesFor([curve], { log: logX }, { log: logY }, size));
  const left = MARGIN + yGap(scales.y, yName);
  const box = { left, top: frame.top, width: frame.width - left - MARGIN - 8, height };
  const labels = points.map(({ name, x, y }) => {
    const text = shorten(plainText(name), box.width / 2, LABEL_SIZE);
    return {
      text,
      width: textWidth(text, LABEL_SIZE),
      x: left + placeOn(scales.x, x, box.width),
      y: box.top + height - placeOn(scales.y, y, height),
    };
  });
  const elements = placeLabels(labels, box).flatMap(({ left, top, far }, i) => {
    const { x, y, text, width } = labels[i];
    const name = textAt(left, top + 7.5, text, { size: LABEL_SIZE });
    if (!far) return [name];
    const nearestX = Math.max(left, Math.min(x, left + width));
    const nearestY = Math.max(top, Math.min(y, top + 15));
    return [line(x, y, nearestX, nearestY, MUTED, { width: 0.8 }), name];
  });
  const bottom = frame.top + height + 50;
  const panel = {
    ...curvePanel(box, scales, [], { x: xName, y: yName }),
    series: groups.map((group, i): PointSeries => ({
      kind: 'points',
      points: points.filter((point) => point.group === group).map(({ x, y }) => [x, y]),
      ...styles[i],
      size: 10,
    })),
  };
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}

/** Some room at either end of x, so that no point sits on the edge. */
function widened<T extends ReturnType<typeof scalesFor>>({ x, y }: T) {
  if (x.kind === 'log') {
    const factor = (x.max / x.min) ** 0.06;
    return { x: { ...x, min: x.min / factor, max: x.max * factor }, y };
  }
  const margin = (x.max - x.min) * 0.06;
  return { x: { ...x, min: x.min - margin, max: x.max + margin }, y };
}
