// Flags that several commands share.
import {
  displayPath,
  engineFlags,
  figureFormats,
  flag,
  loadFlags,
  oneOf,
  resolveUserPath,
  saveFigures,
  text,
  type FigureFormat,
  type NamedFigure,
  type Terminal,
} from '@lilformer/command-line';
import { z } from 'zod';

/** How a model is loaded, and what computes. */
export const loadAndEngineFlags = { ...loadFlags, ...engineFlags };

const format = flag(
  {
    group: 'Figures',
    value: 'KIND',
    many: true,
    help: 'svg for the web, png where SVG is not shown; may be given twice',
  },
  z.array(oneOf(...figureFormats)).default(['svg']),
);

/** Optional figures. */
export const figureFlags = {
  figures: flag(
    { group: 'Figures', value: 'FOLDER', help: 'folder for figures; without it none are drawn' },
    text().optional(),
  ),
  format,
};

/** Figures of a command that always draws. */
export const mainFigureFlags = {
  figures: flag(
    { group: 'Figures', value: 'FOLDER', help: 'folder for figures' },
    text().default('attention'),
  ),
  format,
};

/** Writes the figures of a command, if `--figures` is given, and prints their paths. */
export async function writeFigures(
  { figures, format }: { readonly figures?: string; readonly format: readonly FigureFormat[] },
  make: () => Promise<readonly NamedFigure[]>,
  terminal: Terminal,
): Promise<void> {
  if (figures === undefined) return;
  const files = await saveFigures(resolveUserPath(figures), await make(), format);
  for (const file of files) terminal.print(`figure: ${displayPath(file)}`);
}
