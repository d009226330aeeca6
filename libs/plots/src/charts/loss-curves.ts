// Line charts of loss or perplexity over training steps or positions, for one or several runs.
import { requireItems, requireOptions } from '../drawing/check.js';
import { style } from '../drawing/color.js';
import type { Figure } from '../drawing/figure.js';
import { openFrame, type FigureOptions } from '../drawing/frame.js';
import type { LegendEntry } from '../drawing/legend.js';
import type { Scale } from '../drawing/scale.js';
import { INK, line } from '../drawing/svg.js';
import { positionOn, type Box, type LineSeries, type PointSeries } from './panels.js';
import {
  checkCurve,
  scalesFor,
  xyFigure,
  xyPanels,
  type Curve,
  type NamedCurve,
  type Scales,
} from './xy-panel.js';

/** Curves of a run; at least one of the two. */
export interface Run {
  readonly name: string;
  readonly train?: Curve;
  readonly validation?: Curve;
}

export interface LossCurvesOptions extends FigureOptions {
  readonly runs: readonly Run[];
  /** Default "loss". */
  readonly yName?: string;
  /** Default "step". */
  readonly xName?: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  /**
   * Window of a centered running mean over train curves; the curve itself is drawn faintly. The figure states it below the
   * subtitle.
   */
  readonly smooth?: number;
  /** Draws one panel per run, on equal axes, instead of a legend; default for more than 8 runs. */
  readonly panels?: boolean;
  /** Draws the mean of each curve as a dashed horizontal line. */
  readonly showMean?: boolean;
  /** Height of the area inside the axes; default 320, of a panel 130. */
  readonly height?: number;
}

interface StyledCurve extends NamedCurve, Omit<LineSeries, 'kind' | 'points'> {
  /** Index of its run. */
  readonly run: number;
}

/** Curves with more points have no markers. */
const MOST_MARKERS = 40;

/** The number of colors; more runs get a panel each. */
const MOST_COLORS = 8;

/**
 * Loss or perplexity curves, one color per run. With train and validation curves, train is thinner and dashed; a single
 * run or a panel has one color for each. At most 9 x values are the ticks of the axis.
 *
 * @throws RangeError without data, for different lengths of x and y, for descending x, and for 0 or less on a logarithmic axis
 */
export function lossCurves(options: LossCurvesOptions): Figure {
  requireOptions(options, [
    'runs',
    'yName',
    'xName',
    'logX',
    'logY',
    'smooth',
    'panels',
    'showMean',
    'height',
  ]);
  const { runs, xName = 'step', yName = 'loss', logX = false, logY = false, smooth } = options;
  const panels = options.panels ?? runs.length > MOST_COLORS;
  const { curves, legend } = styleRuns(runs, smooth, panels);
  for (const curve of curves) checkCurve(curve, logX, logY);
  const note = smooth === undefined ? '' : `Bold: running mean over ${smooth} points of the faint curve.`;
  const subtitle = [options.subtitle ?? '', note].filter(Boolean).join(' ');
  const frame = openFrame({ ...options, subtitle }, `${yName} by ${xName}`, legend);
  const axes = { logX, logY, wholeX: /^(step|epoch|iteration|position)/i.test(xName) };
  const draw = (own: readonly StyledCurve[], { x, y }: Scales, box: Box) => ({
    series: own.flatMap((curve) => drawCurve(curve, x, box.width)),
    elements: options.showMean ? own.map((curve) => meanLine(curve, y, box)) : [],
  });
  if (panels) {
    const size = { columns: 3, height: options.height ?? 130 };
    const titles = runs.map(({ name }) => name);
    return xyPanels(frame, titles, { xName, yName, ...size }, (area) => {
      const scales = scalesFor(curves, axes, area);
      return {
        scales,
        draw: (i, box) =>
          draw(
            curves.filter(({ run }) => run === i),
            scales,
            box,
          ),
      };
    });
  }
  const { height = 320 } = options;
  const scales = scalesFor(curves, axes, { width: frame.width - 100, height });
  return xyFigure(frame, scales, { xName, yName, height }, (box) => draw(curves, scales, box));
}

function styleRuns(runs: readonly Run[], smooth: number | undefined, panels: boolean) {
  requireItems('runs', runs, 'run');
  if (smooth !== undefined && !(Number.isInteger(smooth) && smooth >= 2)) {
    throw new RangeError(`smooth: ${smooth}. Expected a whole number of at least 2.`);
  }
  const curves: StyledCurve[] = [];
  const legend: LegendEntry[] = [];
  const pairs = runs.filter(({ train, validation }) => train && validation).length;
  const addTrain = (curve: StyledCurve) => {
    if (smooth === undefined) curves.push(curve);
    else {
      curves.push({ ...curve, marker: undefined, dash: '', width: 1, opacity: 0.2 });
      curves.push({ ...curve, marker: undefined, y: runningMean(curve.y, smooth) });
    }
  };
  for (const [i, { name, train, validation }] of runs.entries()) {
    if (!train && !validation)
      throw new RangeError(`runs[${i}] (${name}): no curve. Expected train or validation.`);
    const { color, dash, marker } = style(i);
    const [ofTrain, ofValidation] = ['train', 'validation'].map((part) => ({
      run: i,
      setting: `runs[${i}].${part}`,
    }));
    if (panels || (runs.length === 1 && pairs === 1)) {
      const [first, second] = [style(0), style(pairs > 0 ? 1 : 0)];
      const { color, marker } = first;
      if (train) addTrain({ ...train, ...ofTrain, color, marker, width: 1.5 });
      if (validation) {
        curves.push({ ...validation, ...ofValidation, color: second.color, marker: second.marker });
      }
      const prefix = panels ? '' : `${name}: `;
      if (pairs > 0 && i === 0) {
        legend.push(
          { name: `${prefix}train`, color, marker, shape: 'line' },
          { name: `${prefix}validation`, ...second, shape: 'line' },
        );
      }
      continue;
    }
    if (train && validation) addTrain({ ...train, ...ofTrain, color, dash: '4,3', width: 1.3 });
    else if (train) addTrain({ ...train, ...ofTrain, color, dash, marker });
    if (validation) curves.push({ ...validation, ...ofValidation, color, dash, marker });
    legend.push({ name, color, shape: 'line', dash, marker });
  }
  if (pairs > 0 && !panels && runs.length > 1) {
    legend.push(
      { name: 'validation', color: INK, shape: 'line' },
      { name: 'train', color: INK, shape: 'line', dash: '4,3' },
    );
  }
  return { curves, legend };
}

function meanLine({ y, color }: StyledCurve, scale: Scale, { left, top, width, height }: Box): string {
  const finite = Array.from(y).filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const at = top + height - positionOn(scale, mean, height);
  return line(left, at, left + width, at, color, { dash: '5,5' });
}

function drawCurve(curve: StyledCurve, xScale: Scale, boxWidth: number): (LineSeries | PointSeries)[] {
  const { color, dash, width, opacity } = curve;
  const points = downsample(curve, xScale, boxWidth);
  const marker = points.length <= MOST_MARKERS ? curve.marker : undefined;
  const series: (LineSeries | PointSeries)[] = [
    { kind: 'line', points, color, dash, width, opacity, marker },
  ];
  if (marker === undefined) {
    // Points between two gaps are not part of a line.
    const isolated = points.flatMap(([x, y], i) =>
      y !== undefined && points[i - 1]?.[1] === undefined && points[i + 1]?.[1] === undefined
        ? [[x, y] as const]
        : [],
    );
    if (isolated.length > 0)
      series.push({ kind: 'points', points: isolated, color, marker: 'circle', size: 4 });
  }
  return series;
}

/** Keeps the first, lowest, highest and last point of each pixel column, which look the same as all points. */
function downsample({ x, y }: Curve, scale: Scale, width: number): [number, number | undefined][] {
  const points = Array.from(x, (each, i): [number, number | undefined] => [
    each,
    Number.isFinite(y[i]) ? y[i] : undefined,
  ]);
  if (points.length <= 2 * width) return points;
  const columnOf = ([x]: readonly [number, unknown]) => Math.floor(positionOn(scale, x, width));
  const kept: [number, number | undefined][] = [];
  for (let from = 0; from < points.length;) {
    const column = columnOf(points[from]);
    let to = from;
    let [low, high, gap] = [-1, -1, -1];
    for (; to < points.length && columnOf(points[to]) === column; to++) {
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

/** Mean of the finite values in a centered window, shorter at the ends; gaps stay gaps. */
function runningMean(y: ArrayLike<number>, window: number): Float64Array {
  const means = new Float64Array(y.length);
  const before = Math.floor(window / 2);
  let [sum, count, from, to] = [0, 0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    for (; to < Math.min(i - before + window, y.length); to++) {
      if (Number.isFinite(y[to])) [sum, count] = [sum + y[to], count + 1];
    }
    for (; from < i - before; from++) {
      if (Number.isFinite(y[from])) [sum, count] = [sum - y[from], count - 1];
    }
    means[i] = Number.isFinite(y[i]) ? sum / count : NaN;
  }
  return means;
}
