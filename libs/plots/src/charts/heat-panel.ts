// Heat map panels: cells, labels and color bar. Cells of one color share a path; ECharts would create one element per
// cell, and 36 heads of 64 tokens have 147,456.
import { requireItems, requireLength, type Numbers } from '../drawing/check.js';
import { isDark, MISSING, type ColorScale } from '../drawing/color.js';
import { tickLabels } from '../drawing/scale.js';
import { INK, MUTED, number, rectangle, RULE, textAt } from '../drawing/svg.js';
import { plainText, shorten, textWidth } from '../drawing/text.js';

/** [rows][columns] */
export type Matrix = ArrayLike<Numbers>;

/** Color scale over `min` … `max`; values beyond are clamped. */
export interface Colors {
  readonly scale: ColorScale;
  readonly min: number;
  readonly max: number;
}

export interface HeatPanel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly values: Matrix;
  readonly colors: Colors;
  /** Draws nothing above the diagonal, as under a causal mask. */
  readonly triangle?: boolean;
  readonly title?: string;
  readonly rowLabels?: readonly string[];
  readonly columnLabels?: readonly string[];
  /** Formats the value of a cell; drawn if all texts fit. */
  readonly format?: (value: number) => string;
}

/** Number of colors; more are not distinguishable. */
const SHADES = 64;
const LONGEST_LABEL = 96;

/** @throws RangeError for a shape other than [rows, columns], and for infinite numbers */
export function checkMatrix(setting: string, values: Matrix, rows: number, columns: number): void {
  requireItems(setting, values, 'row');
  requireLength(setting, values, rows, 'the number of rows');
  for (let i = 0; i < rows; i++) {
    requireLength(`${setting}[${i}]`, values[i], columns, 'the number of columns');
    for (let j = 0; j < columns; j++) {
      if (values[i][j] === Infinity || values[i][j] === -Infinity) {
        throw new RangeError(
          `${setting}[${i}][${j}]: ${values[i][j]}. Expected a finite number, or NaN for a gap.`,
        );
      }
    }
  }
}

/** Width beside and height below a panel that its labels need with cells of the given size. */
export function labelRoom(labels: readonly string[], cell: number): { beside: number; below: number } {
  const { size, shown } = labelsFor(labels, cell);
  const longest = Math.max(...shown.map(({ text }) => textWidth(text, size)), 0);
  return { beside: longest + 8, below: (upright(labels, cell) ? size : longest) + 10 };
}

export function drawHeatPanel(panel: HeatPanel): string[] {
  const { left, top, width, height, values, title, rowLabels, columnLabels, format } = panel;
  const [rows, columns] = [values.length, values[0].length];
  const elements = [
    ...(panel.triangle ? [] : [rectangle(left, top, width, height, MISSING)]),
    cells(panel),
    `<rect x="${number(left)}" y="${number(top)}" width="${number(width)}" height="${number(height)}" fill="none" stroke="${RULE}"/>`,
  ];
  if (title) {
    const text = shorten(plainText(title), width, 12.5, { bold: true });
    elements.push(textAt(left + width / 2, top - 10, text, { size: 12.5, bold: true, anchor: 'middle' }));
  }
  if (rowLabels) {
    const cell = height / rows;
    const { size, shown } = labelsFor(rowLabels, cell);
    for (const { at, text } of shown) {
      elements.push(textAt(left - 5, top + (at + 0.5) * cell, text, { size, anchor: 'end' }));
    }
  }
  if (columnLabels) {
    const cell = width / columns;
    const { size, shown } = labelsFor(columnLabels, cell);
    const straight = upright(columnLabels, cell);
    for (const { at, text } of shown) {
      const x = left + (at + 0.5) * cell;
      elements.push(
        straight
          ? textAt(x, top + height + 10, text, { size, anchor: 'middle' })
          : textAt(x, top + height + 5, text, { size, anchor: 'end', rotate: -90 }),
      );
    }
  }
  if (format) elements.push(...cellTexts(panel, format));
  return elements;
}

/** Smallest cell with a label of its own. */
export const LABELED_CELL = 7;

/** Labels of every n-th cell, so that they do not overlap; of every cell from {@link LABELED_CELL} units on. */
function labelsFor(labels: readonly string[], cell: number) {
  const size = Math.min(12, cell >= LABELED_CELL ? cell - 0.5 : 9.5);
  const every = Math.ceil(size / cell);
  const shown = labels.flatMap((label, at) =>
    at % every === 0 ? [{ at, text: shorten(label, LONGEST_LABEL, size) }] : [],
  );
  return { size, shown };
}

/** Whether column labels fit without rotation. */
function upright(labels: readonly string[], cell: number): boolean {
  const { size, shown } = labelsFor(labels, cell);
  const step = shown.length > 1 ? (shown[1].at - shown[0].at) * cell : Infinity;
  return shown.every(({ text }) => textWidth(text, size) <= step);
}

/** One path per color, made of horizontal runs of cells, in units of cells. */
function cells({ left, top, width, height, values, colors, triangle = false }: HeatPanel): string {
  const { values: pooled, rows, columns } = pool(values, width, height, triangle);
  const paths = new Map<number, string>();
  for (let i = 0; i < rows; i++) {
    const end = triangle ? Math.min(i + 1, columns) : columns;
    for (let j = 0; j < end;) {
      const shade = shadeOf(pooled(i, j), colors);
      let next = j + 1;
      while (next < end && shadeOf(pooled(i, next), colors) === shade) next++;
      if (shade >= 0) paths.set(shade, `${paths.get(shade) ?? ''}M${j} ${i}h${next - j}v1h${j - next}z`);
      else if (triangle) paths.set(-1, `${paths.get(-1) ?? ''}M${j} ${i}h${next - j}v1h${j - next}z`);
      j = next;
    }
  }
  const shades = [...paths].sort(([a], [b]) => a - b);
  const transform = `translate(${number(left)} ${number(top)}) scale(${width / columns} ${height / rows})`;
  return [
    `<g transform="${transform}" shape-rendering="crispEdges">`,
    ...shades.map(
      ([shade, d]) => `<path fill="${shade < 0 ? MISSING : colors.scale(shade / (SHADES - 1))}" d="${d}"/>`,
    ),
    '</g>',
  ].join('\n');
}

function shadeOf(value: number, { min, max }: Colors): number {
  if (Number.isNaN(value)) return -1;
  return Math.round(Math.min(Math.max((value - min) / (max - min), 0), 1) * (SHADES - 1));
}

/** Max-pools absolute values of cells smaller than one unit, so that narrow stripes stay visible. */
function pool(values: Matrix, width: number, height: number, triangle: boolean) {
  const across = Math.ceil(values[0].length / width);
  const down = triangle ? across : Math.ceil(values.length / height);
  const rows = Math.ceil(values.length / down);
  const columns = Math.ceil(values[0].length / across);
  const at = (i: number, j: number) => {
    if (across === 1 && down === 1) return values[i][j];
    let largest = NaN;
    for (let y = i * down; y < Math.min((i + 1) * down, values.length); y++) {
      for (let x = j * across; x < Math.min((j + 1) * across, values[0].length); x++) {
        const value = values[y][x];
        if (Number.isNaN(largest) || Math.abs(value) > Math.abs(largest)) largest = value;
      }
    }
    return largest;
  };
  return { values: at, rows, columns };
}

function cellTexts(
  { left, top, width, height, values, colors, triangle }: HeatPanel,
  format: (value: number) => string,
) {
  const [rows, columns] = [values.length, values[0].length];
  const [across, down] = [width / columns, height / rows];
  const size = 10.5;
  if (down < size + 4) return [];
  const texts = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: triangle ? Math.min(i + 1, columns) : columns }, (_, j) =>
      Number.isNaN(values[i][j]) ? '' : format(values[i][j]),
    ),
  );
  if (texts.flat().some((text) => textWidth(text, size) > across - 4)) return [];
  return texts.flatMap((row, i) =>
    row.flatMap((text, j) => {
      if (text === '') return [];
      const share = (values[i][j] - colors.min) / (colors.max - colors.min);
      const color = isDark(colors.scale(share)) ? '#ffffff' : INK;
      return textAt(left + (j + 0.5) * across, top + (i + 0.5) * down, text, {
        size,
        anchor: 'middle',
        color,
      });
    }),
  );
}

/** Width of a color bar with its numbers and name. */
export const COLOR_BAR = 78;

/** Vertical color bar. `beyond`: values above the end are clamped, written as ≥. */
export function colorBar(
  { left, top, height }: { left: number; top: number; height: number },
  { scale, min, max }: Colors,
  { name = '', beyond = false } = {},
): string[] {
  const steps = 64;
  const elements = Array.from({ length: steps }, (_, i) =>
    // Rectangles overlap, so that no seam shows.
    rectangle(
      left,
      top + (i * height) / steps,
      12,
      i === steps - 1 ? height / steps : (2 * height) / steps,
      scale(1 - (i + 0.5) / steps),
    ),
  );
  const parts = height < 120 ? 2 : 4;
  const ticks = Array.from({ length: parts + 1 }, (_, i) => min + (i / parts) * (max - min));
  const label = tickLabels(ticks);
  for (const tick of ticks) {
    const y = top + height * (1 - (tick - min) / (max - min));
    const sign = beyond && tick === max ? '≥ ' : '';
    elements.push(textAt(left + 17, y, sign + label(tick), { size: 11 }));
  }
  if (textWidth(name, 12) <= height + 16) {
    elements.push(
      textAt(left + 62, top + height / 2, name, {
        size: 12,
        anchor: 'middle',
        color: MUTED,
        rotate: -90,
      }),
    );
  }
  return elements;
}
