// The layout of help: flags on the left, descriptions beside them, within 100 columns.
import type { z } from 'zod';
import { describeFlags, flagName } from './flag.js';

const WIDTH = 100;
const INDENT = 28;

/** Breaks each line of a text into lines of at most `width` characters. */
export function wrap(text: string, width = WIDTH): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    return [...lines, line];
  });
}

/** The lines of one flag or preset and its description. */
export function helpEntry(name: string, description: string): string[] {
  const lines = wrap(description, WIDTH - INDENT).map((line) => ' '.repeat(INDENT) + line);
  const first = `  ${name}`;
  if (first.length >= INDENT) return [first, ...lines];
  return [first.padEnd(INDENT) + lines[0].slice(INDENT), ...lines.slice(1)];
}

/** The lines of all flags of a schema by group, with defaults in brackets: those of `defaults`, or the schema's. */
export function helpOfFlags(schema: z.ZodObject, defaults: Record<string, unknown> = {}): string[] {
  const flags = [...describeFlags(schema)];
  const groups = [...new Set(flags.map(([, { group }]) => group))];
  return groups.flatMap((group) => [
    '',
    ...(group === undefined ? [] : [`${group}:`]),
    ...flags.flatMap(([setting, description]) => {
      if (description.group !== group) return [];
      const { value, alias, help, when } = description;
      const ownDefault = (schema.shape[setting] as z.ZodType).safeParse(undefined).data;
      const shown = setting in defaults ? defaults[setting] : ownDefault;
      const text = shown === undefined || shown === false ? help : `${help} [${[shown].flat().join(' | ')}]`;
      const names = alias === undefined ? flagName(setting) : `${flagName(setting)}, --${alias}`;
      return helpEntry(
        value === undefined ? names : `${names} ${value}`,
        when === undefined ? text : `${text}\n${when}`,
      );
    }),
  ]);
}
