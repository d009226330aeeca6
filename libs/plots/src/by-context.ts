// What depends on how much context there is: the loss at each position, and what a context length costs.
import { drawPanels, placeOn, type Panel } from './chart.js';
import { needSome, type Numbers } from './check.js';
import { style } from './color.js';
import { curvePanel, scalesFor, yGap, type Curve, type StyledCurve } from './curve-panel.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { compactNumber, type Scale } from './scale.js';
import { line, MUTED } from './svg.js';

export interface LossByPositionOptions extends FigureOptions {
  readonly runs: readonly {
    readonly name: string;
    /** Mean loss of the token at each position, the first position first. NaN leaves a gap. */
    readonly losses: Numbers;
  }[];
  /** "loss" by default. */
  readonly yName?: string;
  /** Position on an axis of logarithms: the first few tokens of context bring most. */
  readonly logX?: boolean;
  /** Height of the area within the axes; 320. */
  readonly height?: number;
}

/**
 * Loss by position in the context (position 1 has no token before it but itself), with each run's mean as a dashed
 * line: where a curve stays below it, the context is long enough for the model to use.
 *
 * @throws RangeError when there is nothing to draw.
 */
export function lossByPosition(options: LossByPositionOptions): Figure {
  const { runs, yName = 'loss', logX = false, height = 320 } = options;
  needSome('runs', runs, 'run');
  const curves = runs.map(({ losses }, i): StyledCurve => ({
    x: Array.from(losses, (_, position) => position + 1),
    y: losses,
    what: `runs[${i}].losses`,
    ...style(i),
  }));
  const frame = openFrame(
    options,
    `${yName} by position in the context`,
    curves.map(({ color, dash }, i) => ({ name: runs[i].name, color, dash, shape: 'line' as const })),
  );
  const size = { width: frame.width - 100, height };
  const scales = scalesFor(curves, { log: logX, whole: true }, {}, size);
  const left = MARGIN + yGap(scales.y, yName);
  const box = { left, top: frame.top, width: frame.width - left - MARGIN - 8, height };
  const means = curves.map(({ y, color }) => {
    const finite = Array.from(y).filter(Number.isFinite);
    const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
    const at = box.top + height - placeOn(scales.y, mean, height);
    return line(left, at, left + box.width, at, color, { dash: '5,5' });
  });
  const bottom = frame.top + height + 50;
  const panel = curvePanel(box, scales, curves, { x: 'position in the context', y: yName });
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...means]);
}

export interface CostByContextOptions extends FigureOptions {
  readonly runs: readonly {
    readonly name: string;
    /** Time by context length; y in the unit of `timeName`. */
    readonly time?: Curve;
    /** Memory by context length; y in the unit of `memoryName`. */
    readonly memory?: Curve;
  }[];
  /** "milliseconds a step" by default. */
  readonly timeName?: string;
  /** "MiB" by default. */
  readonly memoryName?: string;
}

/**
 * Time and memory by context length, side by side, on axes of logarithms: a straight line of slope 1 (the dotted
 * one) is cost in proportion to the context, slope 2 its square.
 *
 * @throws RangeError without runs, for a run with neither curve, and for numbers of 0 or less.
 */
export function costByContext(options: CostByContextOptions): Figure {
  const { runs, timeName = 'milliseconds a step', memoryName = 'MiB' } = options;
  needSome('runs', runs, 'run');
  for (const [i, { name, time, memory }] of runs.entries()) {
    if (!time && !memory) throw new RangeError(`runs[${i}] (${name}) has no curve: expected time or memory`);
  }
  const frame = openFrame(options, 'Cost by context length', [
    ...runs.map(({ name }, i) => ({ name, ...style(i), shape: 'line' as const })),
    { name: 'in proportion to the context', color: MUTED, dash: '2,4', shape: 'line' as const },
  ]);
  const kinds = (['time', 'memory'] as const).flatMap((kind) => {
    const curves = runs.flatMap((run, i): StyledCurve[] =>
      run[kind] ? [{ ...run[kind], ...style(i), what: `runs[${i}].${kind}` }] : [],
    );
    return curves.length === 0 ? [] : [{ name: kind === 'time' ? timeName : memoryName, curves }];
  });
  const between = 28;
  const width = (frame.width - 2 * MARGIN - between * (kinds.length - 1)) / kinds.length;
  const height = 280;
  const elements: string[] = [];
  const panels = kinds.map(({ name, curves }, i): Panel => {
    const scales = scalesFor(curves, { log: true }, { log: true }, { width: width - 70, height });
    const x = atLengths(scales.x, curves, width - 70);
    const gap = yGap(scales.y, name);
    const box = {
      left: MARGIN + i * (width + between) + gap,
      top: frame.top,
      width: width - gap - 8,
      height,
    };
    elements.push(slopeOne(box, { x, y: scales.y }));
    return curvePanel(box, { x, y: scales.y }, curves, { x: 'context length in tokens', y: name });
  });
  const bottom = frame.top + height + 50;
  return frame.finish(bottom, [...elements, drawPanels({ width: frame.width, height: bottom }, panels)]);
}

/** The context lengths that were measured as ticks, as many as have room: 64, 128, 256, and not 100 and 200. */
function atLengths(scale: Scale, curves: readonly Curve[], width: number): Scale {
  const lengths = [...new Set(curves.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
  const every = Math.ceil(lengths.length / Math.max(2, Math.floor(width / 44)));
  return {
    ...scale,
    ticks: lengths.filter((_, i) => i % every === 0),
    label: (value) => (value < 10_000 ? String(value) : compactNumber(value)),
  };
}

/** A line of slope 1 through the panel's middle, for comparison. */
function slopeOne(
  box: { left: number; top: number; width: number; height: number },
  { x, y }: { x: Scale; y: Scale },
): string {
  const middle = Math.sqrt(y.min * y.max) / Math.sqrt(x.min * x.max);
  const from = Math.max(x.min, y.min / middle);
  const to = Math.min(x.max, y.max / middle);
  const at = (value: number) =>
    [
      box.left + placeOn(x, value, box.width),
      box.top + box.height - placeOn(y, value * middle, box.height),
    ] as const;
  return line(...at(from), ...at(to), MUTED, { width: 0.8, dash: '2,4' });
}
