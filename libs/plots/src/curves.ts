// Loss and perplexity over the steps of training: several runs on one plot, with their validation.
import { drawPanels } from './chart.js';
import { needSome } from './check.js';
import { style } from './color.js';
import { curvePanel, scalesFor, yGap, type Curve, type StyledCurve } from './curve-panel.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import type { LegendEntry } from './legend.js';
import { INK } from './svg.js';

/** A run's curves; at least one of the two. */
export interface Run {
  readonly name: string;
  readonly train?: Curve;
  readonly validation?: Curve;
}

export interface LossCurvesOptions extends FigureOptions {
  readonly runs: readonly Run[];
  /** What y is: "loss" by default, or "perplexity", "bits per character". */
  readonly yName?: string;
  /** What x is: "step" by default, or "epoch", "seconds". */
  readonly xName?: string;
  readonly logX?: boolean;
  /** Perplexities are easier to compare so. */
  readonly logY?: boolean;
  /**
   * Draws each train curve faintly, and over it its mean over so many points around each: losses of single batches
   * hide their course.
   */
  readonly smooth?: number;
  /** Height of the area within the axes; 320. */
  readonly height?: number;
}

/**
 * Curves of losses or perplexities, one colour a run; where a run has both, validation is drawn whole and train
 * thinner and dashed. One run alone has a colour for each. NaN and infinities leave gaps.
 *
 * @throws RangeError when there is nothing to draw, when x and y differ in length, when x do not rise, or when an
 * axis of logarithms is asked to show 0 or less.
 */
export function lossCurves(options: LossCurvesOptions): Figure {
  const { runs, xName = 'step', yName = 'loss', logX = false, logY = false, smooth, height = 320 } = options;
  const { curves, legend } = styleRuns(runs, smooth);
  const frame = openFrame(options, `${yName} by ${xName}`, legend);
  const scales = scalesFor(
    curves,
    { log: logX, whole: isCount(xName) },
    { log: logY },
    { width: frame.width - 100, height },
  );
  const left = MARGIN + yGap(scales.y, yName);
  const box = { left, top: frame.top, width: frame.width - left - MARGIN - 8, height };
  const bottom = frame.top + height + 50;
  const panel = curvePanel(box, scales, curves, { x: xName, y: yName });
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel])]);
}

function isCount(name: string): boolean {
  return /^(step|epoch|iteration|position)/i.test(name);
}

function styleRuns(runs: readonly Run[], smooth: number | undefined) {
  needSome('runs', runs, 'run');
  if (smooth !== undefined && !(Number.isInteger(smooth) && smooth >= 2)) {
    throw new RangeError(
      `smooth ${smooth}: expected a whole number of points, at least 2; leave it out for none`,
    );
  }
  const curves: StyledCurve[] = [];
  const legend: LegendEntry[] = [];
  const alone = runs.length === 1;
  let both = false;
  const addTrain = (curve: StyledCurve) => {
    if (smooth === undefined) curves.push(curve);
    else {
      curves.push({ ...curve, mark: undefined, dash: '', width: 1, opacity: 0.2 });
      curves.push({ ...curve, mark: undefined, y: runningMean(curve.y, smooth) });
    }
  };
  for (const [i, { name, train, validation }] of runs.entries()) {
    if (!train && !validation)
      throw new RangeError(`runs[${i}] (${name}) has no curve: expected train or validation`);
    const { color, dash, mark } = style(i);
    if (alone && train && validation) {
      const second = style(1);
      addTrain({ ...train, what: 'runs[0].train', color, mark, width: 1.5 });
      curves.push({ ...validation, what: 'runs[0].validation', color: second.color, mark: second.mark });
      legend.push(
        { name: `${name}: train`, color, mark, shape: 'line' },
        { name: `${name}: validation`, ...second, shape: 'line' },
      );
      continue;
    }
    both ||= train !== undefined && validation !== undefined;
    if (train && validation) addTrain({ ...train, what: `runs[${i}].train`, color, dash: '4,3', width: 1.3 });
    else if (train) addTrain({ ...train, what: `runs[${i}].train`, color, dash, mark });
    if (validation) curves.push({ ...validation, what: `runs[${i}].validation`, color, dash, mark });
    legend.push({ name, color, shape: 'line', dash, mark });
  }
  if (both) {
    legend.push(
      { name: 'validation', color: INK, shape: 'line' },
      { name: 'train', color: INK, shape: 'line', dash: '4,3' },
    );
  }
  return { curves, legend };
}

/** Mean of the finite values among `window` points around each, fewer at the ends; gaps stay gaps. */
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
