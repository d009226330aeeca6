// The layout of help: flags on the left, descriptions beside them, within the terminal's width and 100 columns.
import type { z } from 'zod';
import { terminalWidth } from '../output/width.js';
import { wrap } from '../output/wrap.js';
import { describeFlags, flagName } from './flag.js';

const INDENT = 28;

/** Columns of help: those of the terminal, at most 100. */
const helpWidth = (): number => Math.min(terminalWidth(), 100);

/** A paragraph of help. */
export const helpText = (text: string): string[] => wrap(text, helpWidth());

/** A command in help, broken before flags where it is too long. */
export function helpExample(command: string): string[] {
  const parts = command.split(/ (?=--[a-z])/);
  const lines = ['  '];
  for (const [i, part] of parts.entries()) {
    const line = lines.at(-1)!;
    const joined = i === 0 ? line + part : `${line} ${part}`;
    // Two columns for the backslash, unless the command ends here.
    const isLast = i === parts.length - 1;
    if (i === 0 || joined.length + (isLast ? 0 : 2) <= helpWidth()) lines[lines.length - 1] = joined;
    else {
      lines[lines.length - 1] += ' \\';
      lines.push(`      ${part}`);
    }
  }
  return lines;
}

/** The lines of one flag or preset and its description. */
export function helpEntry(name: string, description: string): string[] {
  const lines = wrap(description, helpWidth() - INDENT).map((line) => ' '.repeat(INDENT) + line);
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
