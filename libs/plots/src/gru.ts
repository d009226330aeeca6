// A gated recurrent unit at work: the numbers of one step as bars, and its gates over a text as heat maps.
import { standingBars } from './bar-panel.js';
import { drawPanels } from './chart.js';
import { needFinite, needSome } from './check.js';
import { CATEGORICAL } from './color.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { colorsFor } from './heat-map.js';
import { checkMatrix, COLOR_BAR, colorBar, drawHeatPanel, labelRoom, type Matrix } from './heat-panel.js';
import { MUTED, textAt } from './svg.js';
import { visibleToken } from './text.js';

export interface GruStepOptions extends FigureOptions {
  /** Input of the unit looked at. */
  readonly x: number;
  /** Its hidden state before. */
  readonly h: number;
  /** Reset gate, 0 … 1. */
  readonly r: number;
  /** Update gate, 0 … 1; near 1 keeps the old state. */
  readonly z: number;
  /** New content, −1 … 1. */
  readonly n: number;
  /** The hidden state after: (1 − z) n + z h. */
  readonly hNew: number;
}

/**
 * Six bars of one GRU step, on an axis from −2 to 2, wider where a value asks for it.
 *
 * @throws RangeError for a number that is not finite.
 */
export function gruStep(options: GruStepOptions): Figure {
  const names = {
    x: 'x: input',
    h: 'h: state before',
    r: 'r: reset gate',
    z: 'z: update gate',
    n: 'n: new content',
    hNew: 'h′: state after',
  };
  const keys = Object.keys(names) as (keyof typeof names)[];
  for (const key of keys) needFinite(key, options[key]);
  const frame = openFrame(options, 'One step of a GRU');
  const [blue, orange, green, pink, , sky, grey] = CATEGORICAL;
  const { panel, elements, bottom } = standingBars(
    { left: MARGIN, top: frame.top, width: frame.width - 2 * MARGIN, height: 260 },
    {
      labels: keys.map((key) => names[key]),
      series: [{ values: keys.map((key) => options[key]), color: [blue, grey, sky, green, pink, orange] }],
      format: (value) => value.toFixed(3).replace('-', '−'),
      least: [-2, 2],
    },
  );
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}

export interface GruGatesOptions extends FigureOptions {
  /** The text, a character or token a position. */
  readonly characters: readonly string[];
  /** Gates, new content, state: what there is to show, from top to bottom. */
  readonly gates: readonly {
    readonly name: string;
    /** [characters][units] */
    readonly values: Matrix;
  }[];
}

/**
 * A heat map for each gate: characters across, hidden units down. Values of both signs get two-sided colours.
 *
 * @throws RangeError without characters or gates, when sizes do not agree, and for infinite numbers; NaN is a gap.
 */
export function gruGates(options: GruGatesOptions): Figure {
  const { characters, gates } = options;
  needSome('characters', characters, 'character');
  needSome('gates', gates, 'gate');
  const labels = characters.map(visibleToken);
  const units = gates[0].values[0]?.length ?? 0;
  for (const [i, { values }] of gates.entries()) {
    needSome(`gates[${i}].values[0]`, values[0] ?? [], 'hidden unit');
    checkMatrix(`gates[${i}].values`, values, characters.length, units);
  }
  const frame = openFrame(options, 'Gates of a GRU over a text');
  const left = MARGIN + 24;
  const room = frame.width - left - MARGIN - COLOR_BAR - 16;
  const cell =
    room >= characters.length ? Math.floor(Math.min(room / characters.length, 28)) : room / characters.length;
  const width = cell * characters.length;
  const height = Math.max(1, Math.round(120 / units)) * units;
  const { below } = labelRoom(labels, cell);
  const elements: string[] = [];
  let y = frame.top + 18;
  for (const { name, values } of gates) {
    // Transposed: a row a unit.
    const rows = Array.from({ length: units }, (_, u) =>
      Float64Array.from(characters, (_, t) => values[t][u]),
    );
    const all = rows.flatMap((row) => [...row]);
    const { colors } = colorsFor(all, all.every((value) => !(Math.abs(value) > 1)) ? 1 : undefined);
    elements.push(
      textAt(left, y - 10, name, { size: 12.5, bold: true }),
      ...drawHeatPanel({ left, top: y, width, height, values: rows, colors, columnLabels: labels }),
      ...colorBar({ left: left + width + 14, top: y, height: Math.min(height, 200) }, colors),
      textAt(MARGIN + 8, y + height / 2, `${units} units`, {
        size: 11.5,
        anchor: 'middle',
        color: MUTED,
        rotate: -90,
      }),
    );
    y += height + below + 26;
  }
  return frame.finish(y - 14, elements);
}
