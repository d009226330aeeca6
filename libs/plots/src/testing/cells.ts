// Reads the cells of heat map panels.
import { expect } from 'vitest';
import { all, parseXml, type Element } from './drawing.js';

/** Color of every cell of a panel, undefined where nothing is drawn; fails for cells drawn twice. */
export function readCells(panel: Element): (string | undefined)[][] {
  const cells: (string | undefined)[][] = [];
  for (const { attributes } of panel.children) {
    for (const [, x, y, length] of attributes.d.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
      for (let j = Number(x); j < Number(x) + Number(length); j++) {
        const row = (cells[Number(y)] ??= []);
        expect(row[j]).toBeUndefined();
        row[j] = attributes.fill;
      }
    }
  }
  return cells;
}

export const panelsOf = (svg: string) =>
  all(parseXml(svg), 'g').filter(({ attributes }) => attributes['shape-rendering'] === 'crispEdges');

export function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(hex.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
