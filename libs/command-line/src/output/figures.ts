// Figures as files and in Markdown.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import type { Figure } from '@lilformer/plots';

/** A figure with its file name without extension and its caption. */
export interface NamedFigure {
  readonly name: string;
  readonly about: string;
  readonly figure: Figure;
}

export const figureFormats = ['svg', 'png'] as const;
export type FigureFormat = (typeof figureFormats)[number];

/** Writes figures into a folder and returns the paths. */
export async function saveFigures(
  folder: string,
  figures: readonly NamedFigure[],
  formats: readonly FigureFormat[] = ['svg'],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const { name, figure } of figures) {
    for (const format of new Set(formats)) {
      const file = join(folder, `${name}.${format}`);
      await writeFileAtomic(file, format === 'svg' ? figure.toSVG() : figure.toPNG());
      files.push(file);
    }
  }
  return files;
}

/** Markdown images of figures. */
export function markdownFigures(figures: readonly NamedFigure[]): string[] {
  return figures.map(({ name, about }) => `![${about.replace(/[[\]\\]/g, '\\$&')}](${name}.svg)`);
}

/** A Markdown code block with a fence that the text does not contain. */
export function markdownBlock(text: string): string {
  let fence = '```';
  while (text.includes(fence)) fence += '`';
  return `${fence}text\n${text}\n${fence}`;
}
