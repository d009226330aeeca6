// A heat map's drawing: cells as few paths, labels that are thinned or turned as room asks, the colour bar.
// Written by us and not by ECharts, which would make one element a cell: 36 heads of 64 tokens are 147,456 cells.
import { MISSING, type ColorScale } from './color.js';
import { tickLabels } from './scale.js';
import { INK, MUTED, number, rectangle, RULE, textAt } from './svg.js';
import { plainText, shorten, textWidth } from './text.js';
import { needSameLength, needSome, type Numbers } from './check.js';

/** Rows of numbers: [rows][columns]. */
export type Matrix = ArrayLike<Numbers>;

/** What colours stand for: `min` … `max`, with values beyond shown as the nearer end. */
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
  /** Draw nothing above the diagonal: there is no attention to what comes later. */
  readonly triangle?: boolean;
  readonly title?: string;
  readonly rowLabels?: readonly string[];
  readonly columnLabels?: readonly string[];
  /** Text for a cell, drawn where all of them fit. */
  readonly format?: (value: number) => string;
}

/** So many shades are told apart by nobody, and cells of one shade share a path. */
const SHADES = 64;
const LONGEST_LABEL = 96;

/** @throws RangeError for rows of unequal length, no rows or columns, and infinite numbers; NaN is a gap. */
export function checkMatrix(what: string, values: Matrix, rows: number, columns: number): void {
  needSome(what, values, 'row');
  needSameLength(what, values, 'its rows should be', rows);
  for (let i = 0; i < rows; i++) {
    needSameLength(`${what}[${i}]`, values[i], 'its columns should be', columns);
    for (let j = 0; j < columns; j++) {
      if (values[i][j] === Infinity || values[i][j] === -Infinity) {
        throw new RangeError(
          `${what}[${i}][${j}] is ${values[i][j]}: expected a finite number, or NaN for a gap`,
        );
      }
    }
  }
}

/** Room that labels need beside and below a panel with cells of the given size. */
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

/** Labels of every k-th cell, as near together as stays legible. */
function labelsFor(labels: readonly string[], cell: number) {
  const size = Math.min(12, Math.max(9.5, cell - 1));
  const every = Math.ceil((size + 0.5) / cell);
  const shown = labels.flatMap((label, at) =>
    at % every === 0 ? [{ at, text: shorten(label, LONGEST_LABEL, size) }] : [],
  );
  return { size, shown };
}

/** Whether column labels are narrow enough to stand side by side without turning. */
function upright(labels: readonly string[], cell: number): boolean {
  const { size, shown } = labelsFor(labels, cell);
  const step = shown.length > 1 ? (shown[1].at - shown[0].at) * cell : Infinity;
  return shown.every(({ text }) => textWidth(text, size) <= step);
}

/** One path a shade, of runs of cells along the rows, in a coordinate system whose unit is a cell. */
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
  const place = `translate(${number(left)} ${number(top)}) scale(${width / columns} ${height / rows})`;
  return [
    `<g transform="${place}" shape-rendering="crispEdges">`,
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

/**
 * Cells smaller than a unit are joined into squares that show the value farthest from nought among them: a stripe
 * one token wide is to stay visible.
 */
function pool(values: Matrix, width: number, height: number, triangle: boolean) {
  const across = Math.ceil(values[0].length / width);
  const down = triangle ? across : Math.ceil(values.length / height);
  const rows = Math.ceil(values.length / down);
  const columns = Math.ceil(values[0].length / across);
  const at = (i: number, j: number) => {
    if (across === 1 && down === 1) return values[i][j];
    let farthest = NaN;
    for (let y = i * down; y < Math.min((i + 1) * down, values.length); y++) {
      for (let x = j * across; x < Math.min((j + 1) * across, values[0].length); x++) {
        const value = values[y][x];
        if (Number.isNaN(farthest) || Math.abs(value) > Math.abs(farthest)) farthest = value;
      }
    }
    return farthest;
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
  const texts = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: triangle ? Math.min(i + 1, columns) : columns }, (_, j) =>
      Number.isNaN(values[i][j]) ? '' : format(values[i][j]),
    ),
  );
  if (down < size + 4 || texts.flat().some((text) => textWidth(text, size) > across - 4)) return [];
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

/** Whether white text is easier to read on a colour than dark text: relative luminance (WCAG 2) under 0.3. */
function isDark(color: string): boolean {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const value = parseInt(color.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.3;
}

/** Width that a colour bar takes, its numbers and name included. */
export const COLOR_BAR = 78;

/** The meaning of the colours, upright. `beyond` says that values above the end are shown as the end. */
export function colorBar(
  place: { left: number; top: number; height: number },
  { scale, min, max }: Colors,
  { name = '', beyond = false } = {},
): string[] {
  const { left, top, height } = place;
  const steps = 64;
  const elements = Array.from({ length: steps }, (_, i) =>
    // Each reaches under the next, so that no seam shows.
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
