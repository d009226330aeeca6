// Attention masks of several models as panels of filled cells.
import { drawHeatPanel } from '../charts/heat-panel.js';
import { requireItems, requireLength, requireOptions } from '../drawing/check.js';
import { sequential } from '../drawing/color.js';
import type { Figure } from '../drawing/figure.js';
import { MARGIN, openFrame, type FigureOptions } from '../drawing/frame.js';
import { MUTED, textAt } from '../drawing/svg.js';
import { shorten } from '../drawing/text.js';

export interface AttentionMasksOptions extends FigureOptions {
  /** One row per model. */
  readonly rows: readonly {
    readonly name: string;
    readonly masks: readonly {
      readonly name: string;
      /** [queries][keys]: whether the query may attend to the key. */
      readonly visible: readonly (readonly boolean[])[];
    }[];
  }[];
}

const CELL = 17;
/** Width of the column of row names. */
const NAME = 150;
/** Color scale position of filled cells. */
const FILLED = 0.72;

/**
 * Attention masks side by side, one row per model.
 *
 * @throws RangeError without rows or masks, for masks with rows of different lengths, and when masks do not fit the width
 */
export function attentionMasks(options: AttentionMasksOptions): Figure {
  requireOptions(options, ['rows']);
  const { rows } = options;
  requireItems('rows', rows, 'row');
  const frame = openFrame(options, 'Attention masks');
  const elements: string[] = [];
  const left = MARGIN + NAME + 24;
  const gap = 34;
  const most = Math.max(...rows.map(({ masks }) => masks.length), 1);
  const step = (frame.width - left - MARGIN + gap) / most;
  let top = frame.top + 8;
  for (const [r, { name, masks }] of rows.entries()) {
    requireItems(`rows[${r}].masks`, masks, 'mask');
    let tallest = 0;
    for (const [m, { name, visible }] of masks.entries()) {
      const setting = `rows[${r}].masks[${m}].visible`;
      requireItems(setting, visible, 'row');
      const keys = visible[0].length;
      visible.forEach((row, i) => requireLength(`${setting}[${i}]`, row, keys, 'its first row'));
      const [width, height] = [keys * CELL, visible.length * CELL];
      if (width > step - gap)
        throw new RangeError(
          `${setting}: ${keys} keys do not fit into width ${frame.width}. Increase width.`,
        );
      tallest = Math.max(tallest, height);
      const x = left + m * step;
      elements.push(
        textAt(x, top + 10, shorten(name, step - 12, 12.5), { size: 12.5 }),
        ...drawHeatPanel({
          ...{ left: x, top: top + 22, width, height },
          values: visible.map((row) => row.map((seen) => (seen ? FILLED : 0))),
          colors: { scale: sequential, min: 0, max: 1 },
          rowLabels: visible.map((_, i) => String(i + 1)),
          columnLabels: visible[0].map((_, j) => String(j + 1)),
        }),
        cellBorders(x, top + 22, visible.length, keys),
      );
    }
    const bold = { size: 13, bold: true };
    elements.push(textAt(MARGIN, top + 22 + tallest / 2, shorten(name, NAME, 13, { bold: true }), bold));
    top += tallest + 62;
  }
  const note = 'Rows are queries, columns are keys. Filled: the query may attend to the key.';
  elements.push(textAt(MARGIN, top - 6, note, { size: 12, color: MUTED }));
  return frame.finish(top + 14, elements);
}

/** White lines between cells. */
function cellBorders(left: number, top: number, rows: number, columns: number): string {
  const horizontal = Array.from(
    { length: rows - 1 },
    (_, i) => `M${left} ${top + (i + 1) * CELL}h${columns * CELL}`,
  );
  const vertical = Array.from(
    { length: columns - 1 },
    (_, j) => `M${left + (j + 1) * CELL} ${top}v${rows * CELL}`,
  );
  return `<path d="${[...horizontal, ...vertical].join('')}" fill="none" stroke="#ffffff" stroke-width="1"/>`;
}
