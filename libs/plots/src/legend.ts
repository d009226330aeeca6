// The legend of a figure: names beside a piece of what they name, in as many lines as they need.
import { line, number, rectangle, textAt } from './svg.js';
import { plainText, shorten, textWidth } from './text.js';

/** One thing of a legend, drawn as the figure draws it. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly shape: 'line' | 'box';
  readonly dash?: string;
  /** The mark of a line's points. */
  readonly mark?: string;
}

/** A legend in as many lines as it needs, and the height of them. */
export function drawLegend(
  entries: readonly LegendEntry[],
  { left, top, width }: { left: number; top: number; width: number },
): { elements: string[]; height: number } {
  const elements: string[] = [];
  let x = 0;
  let y = 9;
  for (const { name, color, shape, dash, mark } of entries) {
    const length = shape === 'line' ? 26 : 12;
    const text = shorten(plainText(name), width - length - 6, 12.5);
    const entryWidth = length + 6 + textWidth(text, 12.5);
    if (x > 0 && x + entryWidth > width) {
      x = 0;
      y += 19;
    }
    elements.push(
      shape === 'line'
        ? line(left + x, top + y, left + x + length, top + y, color, { width: 2.5, dash })
        : rectangle(left + x, top + y - 6, length, 12, color),
      ...(mark ? [drawMark(mark, left + x + length / 2, top + y, color)] : []),
      textAt(left + x + length + 6, top + y, text, { size: 12.5 }),
    );
    x += entryWidth + 20;
  }
  return { elements, height: y + 9 };
}

const MARK_PATHS: Record<string, string> = {
  circle: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z',
  rect: 'M-3.5 -3.5h7v7h-7z',
  triangle: 'M0 -3.5l3.5 7h-7z',
  diamond: 'M0 -4.5l3.5 4.5l-3.5 4.5l-3.5 -4.5z',
};

/** A mark as ECharts draws it: "rect" filled, "emptyRect" white with an edge. */
function drawMark(mark: string, x: number, y: number, color: string): string {
  const empty = mark.startsWith('empty');
  const path = MARK_PATHS[empty ? mark.slice(5).toLowerCase() : mark];
  const paint = empty ? `fill="#ffffff" stroke="${color}" stroke-width="1.5"` : `fill="${color}"`;
  return `<path transform="translate(${number(x)} ${number(y)})" d="${path}" ${paint}/>`;
}
