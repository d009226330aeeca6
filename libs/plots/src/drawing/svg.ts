// SVG elements as strings.
import { plainText } from './text.js';

/** Escapes text for element content and quoted attributes. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Formats a coordinate with at most two decimals. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100 || 0);
}

export interface TextOptions {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  readonly color?: string;
  /** Degrees clockwise around (x, y). */
  readonly rotate?: number;
}

/** One line of text, vertically centered at y; `anchor` says which point of it is at x. */
export function textAt(
  x: number,
  y: number,
  content: string,
  { size = 12, anchor = 'start', bold = false, color = INK, rotate = 0 }: TextOptions = {},
): string {
  const position = rotate
    ? `transform="translate(${number(x)} ${number(y)}) rotate(${number(rotate)})" y="${number(size * 0.35)}"`
    : `x="${number(x)}" y="${number(y + size * 0.35)}"`;
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text ${position} font-size="${number(size)}" text-anchor="${anchor}"${weight} fill="${color}">${escapeXml(plainText(content))}</text>`;
}

/** Filled rectangle. */
export function rectangle(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" fill="${fill}"/>`;
}

/** Straight line. */
export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  { width = 1, dash = '' } = {},
): string {
  const dashes = dash && ` stroke-dasharray="${dash}"`;
  return `<path d="M${number(x1)} ${number(y1)}L${number(x2)} ${number(y2)}" fill="none" stroke="${stroke}" stroke-width="${number(width)}"${dashes}/>`;
}

/** Colors of text and rules on white; INK and MUTED meet WCAG AA. */
export const INK = '#1f2328';
export const MUTED = '#57606a';
export const RULE = '#d8dee4';
