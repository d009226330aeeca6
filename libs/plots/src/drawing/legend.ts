// Legends.
import { line, number, rectangle, textAt } from './svg.js';
import { plainText, shorten, textWidth } from './text.js';

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly shape: 'line' | 'box';
  readonly dash?: string;
  /** Marker on the line. */
  readonly marker?: string;
}

/** Draws a legend, wrapped into lines of at most `width`. */
export function drawLegend(
  entries: readonly LegendEntry[],
  { left, top, width }: { left: number; top: number; width: number },
): { elements: string[]; height: number } {
  const elements: string[] = [];
  let x = 0;
  let y = 9;
  for (const { name, color, shape, dash, marker } of entries) {
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
      ...(marker ? [drawMarker(marker, left + x + length / 2, top + y, color)] : []),
      textAt(left + x + length + 6, top + y, text, { size: 12.5 }),
    );
    x += entryWidth + 20;
  }
  return { elements, height: y + 9 };
}

const MARKER_PATHS: Record<string, string> = {
  circle: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z',
  rect: 'M-3.5 -3.5h7v7h-7z',
  triangle: 'M0 -3.5l3.5 7h-7z',
  diamond: 'M0 -4.5l3.5 4.5l-3.5 4.5l-3.5 -4.5z',
};

/** Draws a marker as ECharts does: "rect" is filled, "emptyRect" white with an outline. */
function drawMarker(marker: string, x: number, y: number, color: string): string {
  const empty = marker.startsWith('empty');
  const path = MARKER_PATHS[empty ? marker.slice(5).toLowerCase() : marker];
  const paint = empty ? `fill="#ffffff" stroke="${color}" stroke-width="1.5"` : `fill="${color}"`;
  return `<path transform="translate(${number(x)} ${number(y)})" d="${path}" ${paint}/>`;
}
