// Markdown sections from the output of commands.
import { markdownBlock } from '@lilformer/command-line';

export interface Shown {
  readonly heading: string;
  readonly about?: string;
  readonly command: string;
  readonly output: string;
  /** Figures shown, relative to the page. */
  readonly figures: readonly string[];
  /** Files linked. */
  readonly more?: readonly string[];
}

/** Appends sections to a Markdown page, and links to the discussion after its title. */
export function withSections(page: string, shown: readonly Shown[], discussion?: string): string {
  const [title, ...rest] = page.trim().split('\n\n');
  const pointer = discussion === undefined ? [] : [`[Discussion](${discussion}) of these numbers.`];
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

/** Removes progress lines, those of the runs of a sweep too, and the paths of figures. */
function withoutProgress(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/\beta [\d-]|^(figure|Report): |^(start|resume|done|skip) \S/.test(line))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** `heads/layer-0.svg` becomes `layer 0`. */
function nameOf(file: string): string {
  const name = file.replace(/^.*\/|\.\w+$/g, '').replaceAll('-', ' ');
  return file.endsWith('.html') ? `${name}, interactive page` : name;
}
