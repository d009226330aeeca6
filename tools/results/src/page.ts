// What commands print, as sections of a page of Markdown.
import { markdownBlock } from '@lilformer/command-line';

/** What a command has shown. */
export interface Shown {
  readonly heading: string;
  readonly about?: string;
  /** As one would type it. */
  readonly command: string;
  readonly output: string;
  /** Files to show, relative to the page. */
  readonly figures: readonly string[];
  /** Files to link. */
  readonly more?: readonly string[];
}

/**
 * A page with what commands have shown behind what it says already.
 * @param page Markdown
 * @param discussion a file beside the page, in which somebody says what the numbers mean
 */
export function withSections(page: string, shown: readonly Shown[], discussion?: string): string {
  const [title, ...rest] = page.trim().split('\n\n');
  const pointer =
    discussion === undefined
      ? []
      : [`What these numbers say is discussed in [${discussion}](${discussion}).`];
  return `${[title, ...pointer, ...rest, ...shown.flatMap(section)].join('\n\n')}\n`;
}

function section({ heading, about, command, output, figures, more = [] }: Shown): string[] {
  return [
    `## ${heading}`,
    ...(about === undefined ? [] : [about]),
    `\`${command}\` prints:`,
    markdownBlock(withoutProgress(output)),
    ...figures.map((file) => `![${nameOf(file)}](${file})`),
    ...(more.length > 0 ? [`More: ${more.map((file) => `[${nameOf(file)}](${file})`).join(', ')}.`] : []),
  ];
}

/** Lines of progress are of the moment, and where figures were put shows below. */
function withoutProgress(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/\beta [\d-]|^(figure|Report): /.test(line))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** `heads/layer-0.svg` as `layer 0`, and a page with what it is. */
function nameOf(file: string): string {
  const name = file.replace(/^.*\/|\.\w+$/g, '').replaceAll('-', ' ');
  return file.endsWith('.html') ? `${name}, a page to explore` : name;
}
