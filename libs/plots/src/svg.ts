// The few SVG elements that the figures draw themselves, as strings. Curves, bars and axes come from chart.ts.

import { plainText } from './text.js';

/** Text made safe between tags and in quoted attributes. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A coordinate with at most two decimals: a hundredth of a pixel is not seen, and the text stays short. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100 || 0);
}

export interface TextOptions {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  readonly color?: string;
  /** Degrees clockwise, about (x, y). */
  readonly rotate?: number;
}

/** A line of text whose middle height is at y; `x` is its start, middle or end. */
export function textAt(
  x: number,
  y: number,
  content: string,
  { size = 12, anchor = 'start', bold = false, color = INK, rotate = 0 }: TextOptions = {},
): string {
  const place = rotate
    ? `transform="translate(${number(x)} ${number(y)}) rotate(${number(rotate)})" y="${number(size * 0.35)}"`
    : `x="${number(x)}" y="${number(y + size * 0.35)}"`;
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text ${place} font-size="${number(size)}" text-anchor="${anchor}"${weight} fill="${color}">${escapeXml(plainText(content))}</text>`;
}

/** A filled rectangle; `extra` is further attributes. */
export function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  extra = '',
): string {
  return `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" fill="${fill}"${extra && ` ${extra}`}/>`;
}

/** A straight line. */
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

/** Colours of text and rules on the white ground; INK and MUTED pass WCAG AA. */
export const INK = '#1f2328';
export const MUTED = '#57606a';
export const RULE = '#d8dee4';
