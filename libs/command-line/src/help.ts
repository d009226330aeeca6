// How help is laid out: flags at the left, what they do beside them, within 100 columns.
import type { z } from 'zod';
import { aboutFlags, flagOf } from './schema.js';

const WIDTH = 100;
const INDENT = 28;

/** A text broken into lines. */
export function wrapped(text: string, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** One flag and what it does, broken into lines. */
export function helpEntry(left: string, right: string): string[] {
  const lines = wrapped(right, WIDTH - INDENT);
  const first = `  ${left}`;
  const head =
    first.length < INDENT ? [first.padEnd(INDENT) + lines[0]] : [first, ' '.repeat(INDENT) + lines[0]];
  return [...head, ...lines.slice(1).map((rest) => ' '.repeat(INDENT) + rest)];
}

/**
 * All flags of a schema under their groups, each with its default in brackets: the one in `defaults`, or the
 * schema's own.
 */
export function helpOfFlags(schema: z.ZodObject, defaults: Record<string, unknown> = {}): string[] {
  const about = aboutFlags(schema);
  const groups = [...new Set([...about.values()].map(({ group }) => group))];
  return groups.flatMap((group) => [
    '',
    ...(group === undefined ? [] : [`${group}:`]),
    ...[...about].flatMap(([name, { group: its, value, help }]) => {
      if (its !== group) return [];
      const own = (schema.shape[name] as z.ZodType).safeParse(undefined);
      const otherwise = name in defaults ? defaults[name] : own.data;
      const shown =
        otherwise === undefined || otherwise === false ? help : `${help} [${shownValue(otherwise)}]`;
      return helpEntry(value === undefined ? flagOf(name) : `${flagOf(name)} ${value}`, shown);
    }),
  ]);
}

function shownValue(value: unknown): string {
  return Array.isArray(value) ? value.join(' | ') : String(value);
}
