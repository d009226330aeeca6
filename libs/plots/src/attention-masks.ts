// Who may look at whom: attention masks of one model or several, as small panels with filled cells. Leaves out weights,
// which attention.ts draws.
import { needSameLength, needSome } from './check.js';
import { sequential } from './color.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { drawHeatPanel } from './heat-panel.js';
import { MUTED, textAt } from './svg.js';
import { shorten } from './text.js';

/** One mask. */
export interface AttentionMask {
  /** "GPT-2 decoder: masked" */
  readonly name: string;
  /** [queries][keys]: whether the token of the row may look at that of the column. */
  readonly visible: readonly (readonly boolean[])[];
}

export interface AttentionMasksOptions extends FigureOptions {
  /** In rows, each with its name: "GPT-2". */
  readonly rows: readonly { readonly name: string; readonly masks: readonly AttentionMask[] }[];
}

/** Side of a cell. */
const CELL = 17;
/** Room for a row's name. */
const NAME = 150;
/** A shade that is seen and can be printed. */
const FILLED = 0.72;

/**
 * Masks beside each other, a row a model.
 *
 * @throws RangeError without rows or masks, when a mask's rows differ in length, and when the masks of a row do not fit the
 *   width.
 */
export function attentionMasks(options: AttentionMasksOptions): Figure {
  const { rows } = options;
  needSome('rows', rows, 'row');
  const frame = openFrame(options, 'Who may look at whom');
  const elements: string[] = [];
  const left = MARGIN + NAME + 24;
  const gap = 34;
  const most = Math.max(...rows.map(({ masks }) => masks.length), 1);
  const step = (frame.width - left - MARGIN + gap) / most;
  let top = frame.top + 8;
  for (const [r, { name, masks }] of rows.entries()) {
    needSome(`rows[${r}].masks`, masks, 'mask');
    let tallest = 0;
    for (const [m, mask] of masks.entries()) {
      const what = `rows[${r}].masks[${m}]`;
      needSome(`${what}.visible`, mask.visible, 'row');
      const keys = mask.visible[0].length;
      mask.visible.forEach((row, i) => needSameLength(`${what}.visible[${i}]`, row, 'its first row', keys));
      const [width, height] = [keys * CELL, mask.visible.length * CELL];
      if (width > step - gap)
        throw new RangeError(`${what}: ${keys} keys do not fit into width ${frame.width}; give more`);
      tallest = Math.max(tallest, height);
      const x = left + m * step;
      elements.push(
        textAt(x, top + 10, shorten(mask.name, step - 12, 12.5), { size: 12.5 }),
        ...drawHeatPanel({
          left: x,
          top: top + 22,
          width,
          height,
          values: mask.visible.map((row) => row.map((seen) => (seen ? FILLED : 0))),
          colors: { scale: sequential, min: 0, max: 1 },
          rowLabels: mask.visible.map((_, i) => String(i + 1)),
          columnLabels: mask.visible[0].map((_, j) => String(j + 1)),
        }),
        cellBorders(x, top + 22, mask.visible.length, keys),
      );
    }
    elements.push(
      textAt(MARGIN, top + 22 + tallest / 2, shorten(name, NAME, 13, { bold: true }), {
        size: 13,
        bold: true,
      }),
    );
    top += tallest + 62;
  }
  const note = 'A row is a token that looks, a column one that can be looked at; filled: it may.';
  elements.push(textAt(MARGIN, top - 6, note, { size: 12, color: MUTED }));
  return frame.finish(top + 14, elements);
}

/** White lines between cells, so that filled ones can be counted. */
function cellBorders(left: number, top: number, rows: number, columns: number): string {
  const across = Array.from(
    { length: rows - 1 },
    (_, i) => `M${left} ${top + (i + 1) * CELL}h${columns * CELL}`,
  );
  const down = Array.from(
    { length: columns - 1 },
    (_, j) => `M${left + (j + 1) * CELL} ${top}v${rows * CELL}`,
  );
  return `<path d="${[...across, ...down].join('')}" fill="none" stroke="#ffffff" stroke-width="1"/>`;
}
