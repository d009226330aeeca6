// Scatter plots of labeled points.
import { requireItems, requireOnAxis, requireOptions } from '../drawing/check.js';
import { style } from '../drawing/color.js';
import type { Figure } from '../drawing/figure.js';
import { openFrame, type FigureOptions } from '../drawing/frame.js';
import type { Scale } from '../drawing/scale.js';
import { line, MUTED, textAt } from '../drawing/svg.js';
import { plainText, shorten, textWidth } from '../drawing/text.js';
import { placeLabels } from './label-placement.js';
import { positionOn, type Box, type LineSeries, type PointSeries } from './panels.js';
import { scalesFor, xyFigure, type Scales } from './xy-panel.js';

export interface ScatterPoint {
  /** Label beside the point; may be empty. */
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Points of a group share a color and a legend entry. */
  readonly group?: string;
}

export interface ScatterPlotOptions extends FigureOptions {
  readonly points: readonly ScatterPoint[];
  readonly xName: string;
  readonly yName: string;
  /** Connects the points of each group by lines, in order of x. */
  readonly connect?: boolean;
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Height of the area inside the axes; default 360. */
  readonly height?: number;
}

const LABEL_SIZE = 12;

/**
 * Points with labels that cover neither each other nor the points.
 *
 * @throws RangeError without points, for numbers that are not finite, and for 0 or less on a logarithmic axis
 */
export function scatterPlot(options: ScatterPlotOptions): Figure {
  requireOptions(options, ['points', 'xName', 'yName', 'connect', 'logX', 'logY', 'height']);
  const { points, xName, yName, connect = false, logX = false, logY = false, height = 360 } = options;
  requireItems('points', points, 'point');
  for (const [i, { x, y, name }] of points.entries()) {
    requireOnAxis(`points[${i}].x (${name})`, x, logX);
    requireOnAxis(`points[${i}].y (${name})`, y, logY);
  }
  const groups = [...new Set(points.map(({ group }) => group))];
  const frame = openFrame(
    options,
    `${yName} by ${xName}`,
    groups.flatMap((group, i) =>
      group === undefined ? [] : [{ name: group, color: style(i).color, shape: 'box' as const }],
    ),
  );
  const all = { x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
  const fitted = scalesFor([all], { logX, logY }, { width: frame.width - 100, height });
  // Room at both ends, so that no point lies on the edge.
  const scales = { x: extend(fitted.x, 0.06), y: extend(fitted.y, 0.03) };
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const series = groups.flatMap((group, i): (LineSeries | PointSeries)[] => {
    const own = sorted.filter((point) => point.group === group).map(({ x, y }) => [x, y] as const);
    const { color, dash, marker } = style(i);
    return [
      ...(connect ? [{ kind: 'line' as const, points: own, color, dash, width: 1.5 }] : []),
      { kind: 'points', points: own, color, marker, size: 10 },
    ];
  });
  return xyFigure(frame, scales, { xName, yName, height }, (box) => ({
    series,
    elements: labelElements(points, scales, box),
  }));
}

function labelElements(points: readonly ScatterPoint[], scales: Scales, box: Box): string[] {
  const labels = points
    .filter(({ name }) => name !== '')
    .map(({ name, x, y }) => {
      const text = shorten(plainText(name), box.width / 2, LABEL_SIZE);
      return {
        text,
        width: textWidth(text, LABEL_SIZE),
        x: box.left + positionOn(scales.x, x, box.width),
        y: box.top + box.height - positionOn(scales.y, y, box.height),
      };
    });
  return placeLabels(labels, box).flatMap(({ left, top, far }, i) => {
    const { x, y, text, width } = labels[i];
    const label = textAt(left, top + 7.5, text, { size: LABEL_SIZE });
    if (!far) return [label];
    const nearestX = Math.max(left, Math.min(x, left + width));
    const nearestY = Math.max(top, Math.min(y, top + 15));
    return [line(x, y, nearestX, nearestY, MUTED, { width: 0.8 }), label];
  });
}

function extend(scale: Scale, share: number): Scale {
  if (scale.kind === 'log') {
    const factor = (scale.max / scale.min) ** share;
    return { ...scale, min: scale.min / factor, max: scale.max * factor };
  }
  const margin = (scale.max - scale.min) * share;
  return { ...scale, min: scale.min - margin, max: scale.max + margin };
}
