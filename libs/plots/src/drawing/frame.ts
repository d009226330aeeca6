// Title, subtitle and legend above a figure's content.
import { Figure } from './figure.js';
import { drawLegend, type LegendEntry } from './legend.js';
import { MUTED, textAt } from './svg.js';
import { wrapText } from './text.js';

/** Options of every figure. */
export interface FigureOptions {
  /** Heading; each figure has a default. */
  readonly title?: string;
  /** Second, smaller heading. */
  readonly subtitle?: string;
  /** Width in SVG units; default 800, about the width of a README. */
  readonly width?: number;
}

export interface Frame {
  readonly width: number;
  /** Top of the content area, below title and legend. */
  readonly top: number;
  /** Creates the figure from the heading and `elements`. */
  finish(height: number, elements: readonly string[]): Figure;
}

export const MARGIN = 16;
const NARROWEST = 240;

export function openFrame(
  { title, subtitle = '', width = 800 }: FigureOptions,
  defaultTitle: string | undefined,
  legend: readonly LegendEntry[] = [],
): Frame {
  if (!(width >= NARROWEST && width <= 10_000)) {
    throw new RangeError(`width ${width}: out of range. Expected ${NARROWEST} to 10,000 units.`);
  }
  const name = title ?? capitalize(defaultTitle ?? '');
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

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
