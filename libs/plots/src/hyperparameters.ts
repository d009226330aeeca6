// Train and validation side by side, a row of two panels for each hyperparameter that was varied.
import { drawPanels } from './chart.js';
import { needSome } from './check.js';
import { style } from './color.js';
import { curvePanel, scalesFor, yGap, type Curve, type StyledCurve } from './curve-panel.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { drawLegend } from './legend.js';
import { textAt } from './svg.js';

export interface HyperparameterOptions extends FigureOptions {
  /** One row each. A run that is in several rows, such as the baseline, has the same colour in all of them. */
  readonly groups: readonly {
    /** What was varied: "number of heads". */
    readonly name: string;
    readonly runs: readonly {
      readonly name: string;
      /** The value of what was varied, in the legend behind the name. */
      readonly value?: string;
      readonly train: Curve;
      readonly validation: Curve;
    }[];
  }[];
  /** "loss" by default. */
  readonly yName?: string;
  /** "step" by default. */
  readonly xName?: string;
  readonly logY?: boolean;
}

const HEIGHT = 200;
const BETWEEN = 24;

/**
 * For each group of runs a panel of train curves beside one of validation curves. The two share their axes, so that
 * what lies between train and validation shows.
 *
 * @throws RangeError as {@link lossCurves} does.
 */
export function hyperparameterPanels(options: HyperparameterOptions): Figure {
  const { groups, xName = 'step', yName = 'loss', logY = false } = options;
  needSome('groups', groups, 'group of runs');
  const frame = openFrame(options, 'Effect of each hyperparameter');
  const inner = frame.width - 2 * MARGIN;
  const panels = [];
  const elements: string[] = [];
  let y = frame.top;
  for (const [g, { name, runs }] of groups.entries()) {
    needSome(`groups[${g}].runs`, runs, 'run');
    const styles = stylesOf(groups, g);
    const styled = (kind: 'train' | 'validation') =>
      runs.map((run, i): StyledCurve => ({
        ...run[kind],
        ...styles[i],
        what: `groups[${g}].runs[${i}].${kind}`,
      }));
    const [train, validation] = [styled('train'), styled('validation')];
    elements.push(textAt(MARGIN, y + 8, name, { size: 13.5, bold: true }));
    const legend = drawLegend(
      runs.map(({ name, value }, i) => ({
        name: value === undefined ? name : `${name} (${value})`,
        shape: 'line',
        ...styles[i],
      })),
      { left: MARGIN, top: y + 18, width: inner },
    );
    elements.push(...legend.elements);
    const top = y + 18 + legend.height + 28;
    const width = (inner - BETWEEN) / 2;
    const scales = scalesFor(
      [...train, ...validation],
      { whole: true },
      { log: logY },
      { width: width - 60, height: HEIGHT },
    );
    const gaps = [yGap(scales.y, yName), yGap(scales.y, undefined)];
    const plot = (inner - BETWEEN - gaps[0] - gaps[1] - 8) / 2;
    const left = [MARGIN + gaps[0], MARGIN + gaps[0] + plot + BETWEEN + gaps[1]];
    panels.push(
      curvePanel({ left: left[0], top, width: plot, height: HEIGHT }, scales, train, {
        x: xName,
        y: yName,
        title: 'train',
      }),
      curvePanel({ left: left[1], top, width: plot, height: HEIGHT }, scales, validation, {
        x: xName,
        title: 'validation',
      }),
    );
    y = top + HEIGHT + 64;
  }
  return frame.finish(y - 14, [drawPanels({ width: frame.width, height: y }, panels), ...elements]);
}

/** Runs that are in more than one group come first, in the order in which they are met; the others count on from there. */
function stylesOf(groups: HyperparameterOptions['groups'], of: number) {
  const names = groups.flatMap(({ runs }) => [...new Set(runs.map(({ name }) => name))]);
  const shared = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  let own = shared.length;
  return groups[of].runs.map(({ name }) => style(shared.includes(name) ? shared.indexOf(name) : own++));
}
