// What stands around every figure: title, subtitle and legend above, with the height they take. All at the size at
// which a README shows a figure 800 units wide.
import { Figure } from './figure.js';
import { drawLegend, type LegendEntry } from './legend.js';
import { MUTED, textAt } from './svg.js';
import { wrapText } from './text.js';

/** What every plot takes. */
export interface FigureOptions {
  /** What is to be seen, set above the figure; each plot has one of its own for when it is not given. */
  readonly title?: string;
  /** A second, smaller line: the data, the setting. */
  readonly subtitle?: string;
  /** Width in units; 800, about what a README shows. */
  readonly width?: number;
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
  { title, subtitle = '', width = 800 }: FigureOptions,
  ownTitle: string | undefined,
  legend: readonly LegendEntry[] = [],
): Frame {
  if (!(width >= NARROWEST && width <= 10_000)) {
    throw new RangeError(`width ${width}: expected a number of units from ${NARROWEST} to 10,000`);
  }
  const name = title ?? capital(ownTitle ?? '');
  const inner = width - 2 * MARGIN;
  const above: string[] = [];
  let y = 6;
  for (const text of wrapText(name, inner, 16, { bold: true })) {
    y += 21;
    above.push(textAt(MARGIN, y - 6, text, { size: 16, bold: true }));
  }
  for (const text of wrapText(subtitle, inner, 12.5)) {
    y += 17;
    above.push(textAt(MARGIN, y - 4, text, { size: 12.5, color: MUTED }));
  }
  if (legend.length > 0) {
    const { elements, height } = drawLegend(legend, { left: MARGIN, top: y + 6, width: inner });
    above.push(...elements);
    y += height + 6;
  }
  return {
    width,
    top: y + 10,
    finish: (height, elements) =>
      new Figure({ width, height, title: name }, [...above, ...elements].join('\n')),
  };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
