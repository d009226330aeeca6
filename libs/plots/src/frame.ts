// What stands around every figure: title, subtitle and legend above, with the height they take. All at the size at
// which a README shows a figure 800 units wide.
import { Figure } from './figure.js';
import { line, MUTED, rectangle, textAt } from './svg.js';
import { plainText, shorten, textWidth, wrapText } from './text.js';

/** What every plot takes. */
export interface FigureOptions {
  /** What is to be seen, set above the figure; each plot has one of its own for when it is not given. */
  readonly title?: string;
  /** A second, smaller line: the data, the setting. */
  readonly subtitle?: string;
  /** Width in units; 800, about what a README shows. */
  readonly width?: number;
}

/** One thing of a legend, drawn as the figure draws it. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly shape: 'line' | 'box';
  readonly dash?: string;
}

/** A figure that is being put together: add elements, then finish it at the height they need. */
export interface Frame {
  readonly width: number;
  /** Where the space below title and legend begins. */
  readonly top: number;
  /** The finished figure: what stands above, then `elements`. */
  finish(height: number, elements: readonly string[]): Figure;
}

export const MARGIN = 16;
const NARROWEST = 240;

export function openFrame(
  { title = '', subtitle = '', width = 800 }: FigureOptions,
  legend: readonly LegendEntry[] = [],
): Frame {
  if (!(width >= NARROWEST && width <= 10_000)) {
    throw new RangeError(`width ${width}: expected a number of units from ${NARROWEST} to 10,000`);
  }
  const inner = width - 2 * MARGIN;
  const above: string[] = [];
  let y = 6;
  for (const text of wrapText(title, inner, 16, { bold: true })) {
    y += 21;
    above.push(textAt(MARGIN, y - 6, text, { size: 16, bold: true }));
  }
  for (const text of wrapText(subtitle, inner, 12.5)) {
    y += 17;
    above.push(textAt(MARGIN, y - 4, text, { size: 12.5, color: MUTED }));
  }
  if (legend.length > 0) {
    const { elements, height } = drawLegend(legend, MARGIN, y + 6, inner);
    above.push(...elements);
    y += height + 6;
  }
  return {
    width,
    top: y + 10,
    finish: (height, elements) => new Figure({ width, height, title }, [...above, ...elements].join('\n')),
  };
}

function drawLegend(entries: readonly LegendEntry[], left: number, top: number, width: number) {
  const elements: string[] = [];
  let x = 0;
  let y = 9;
  for (const { name, color, shape, dash } of entries) {
    const mark = shape === 'line' ? 26 : 12;
    const text = shorten(plainText(name), width - mark - 6, 12.5);
    const entryWidth = mark + 6 + textWidth(text, 12.5);
    if (x > 0 && x + entryWidth > width) {
      x = 0;
      y += 19;
    }
    elements.push(
      shape === 'line'
        ? line(left + x, top + y, left + x + mark, top + y, color, { width: 2.5, dash })
        : rectangle(left + x, top + y - 6, mark, 12, color),
      textAt(left + x + mark + 6, top + y, text, { size: 12.5 }),
    );
    x += entryWidth + 20;
  }
  return { elements, height: y + 9 };
}
