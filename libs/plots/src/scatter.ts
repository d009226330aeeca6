// Named points: parameters against loss, and any other two numbers of some runs.
import { drawPanels, placeOn, type LineSeries, type PointSeries } from './chart.js';
import { needFinite, needPositive, needSome } from './check.js';
import { style } from './color.js';
import { curvePanel, scalesFor, yGap } from './curve-panel.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { placeLabels } from './label-places.js';
import type { Scale } from './scale.js';
import { line, MUTED, textAt } from './svg.js';
import { plainText, shorten, textWidth } from './text.js';

export interface ScatterPoint {
  /** Stands beside it; may be empty. */
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
  /** Joins the points of each group by lines, from left to right. */
  readonly joined?: boolean;
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
    joined = false,
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
  const named = points.filter(({ name }) => name !== '');
  const labels = named.map(({ name, x, y }) => {
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
    series: groups.flatMap((group, i): (LineSeries | PointSeries)[] => {
      const own = sorted.filter((point) => point.group === group).map(({ x, y }) => [x, y] as const);
      const marks: PointSeries = { kind: 'points', points: own, ...styles[i], size: 10 };
      const { color, dash } = styles[i];
      return joined ? [{ kind: 'line', points: own, color, dash, width: 1.5 }, marks] : [marks];
    }),
  };
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}

/** Some room at every end, so that no point sits on the edge. */
function widened({ x, y }: ReturnType<typeof scalesFor>) {
  return { x: wider(x, 0.06), y: wider(y, 0.03) };
}

function wider(scale: Scale, share: number): Scale {
  if (scale.kind === 'log') {
    const factor = (scale.max / scale.min) ** share;
    return { ...scale, min: scale.min / factor, max: scale.max * factor };
  }
  const margin = (scale.max - scale.min) * share;
  return { ...scale, min: scale.min - margin, max: scale.max + margin };
}
