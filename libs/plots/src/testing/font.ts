// Advance widths of a TrueType font, read from its tables (OpenType: head, hhea, hmtx, cmap format 12).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Width of each code point in units of the font size, undefined where the font has no glyph. */
export function fontWidths(file: string): (codePoint: number) => number | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  const font = readFileSync(join(folder, 'ttf', file));
  const tables = new Map<string, number>();
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    tables.set(font.toString('latin1', 12 + 16 * i, 16 + 16 * i), font.readUInt32BE(20 + 16 * i));
  }
  const unitsPerEm = font.readUInt16BE(tables.get('head')! + 18);
  const count = font.readUInt16BE(tables.get('hhea')! + 34);
  const cmap = tables.get('cmap')!;
  const glyphs = new Map<number, number>();
  for (let i = 0; i < font.readUInt16BE(cmap + 2); i++) {
    const at = cmap + font.readUInt32BE(cmap + 8 + 8 * i);
    if (font.readUInt16BE(at) !== 12) continue;
    for (let g = 0; g < font.readUInt32BE(at + 12); g++) {
      const [first, last, glyph] = [0, 4, 8].map((offset) => font.readUInt32BE(at + 16 + 12 * g + offset));
      for (let code = first; code <= last; code++) glyphs.set(code, glyph + code - first);
    }
  }
  return (codePoint) => {
    const glyph = glyphs.get(codePoint);
    if (glyph === undefined) return undefined;
    return font.readUInt16BE(tables.get('hmtx')! + 4 * Math.min(glyph, count - 1)) / unitsPerEm;
  };
}
