// What was typed, split into flags and their values; what no flag is called is refused, with the nearest
// known name. Values are not checked here. Node's own `parseArgs` does the splitting.
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { aboutFlags, flagOf } from './schema.js';

/**
 * The values given for the flags of `schema`, by their names in it, as texts (`true` for switches, a list for
 * flags that may be given several times); `undefined` when `--help` is among them.
 * @throws Error naming what is not a flag or lacks a value
 */
export function splitFlags(
  schema: z.ZodObject,
  args: readonly string[],
): Record<string, string | string[] | true> | undefined {
  const about = aboutFlags(schema);
  const flags = [...about].flatMap(([name, { value }]) => (value === undefined ? [] : [flagOf(name)]));
  const known = [...[...about.keys()].map(flagOf), '--help'];
  const options = Object.fromEntries([
    ...[...about].map(([name, { value, many = false }]) => [
      flagOf(name).slice(2),
      value === undefined ? { type: 'boolean' as const } : { type: 'string' as const, multiple: many },
    ]),
    ['help', { type: 'boolean' as const }],
  ]);
  // A value may start with a dash (`--prompt "- he said"`): joined by `=` it is never taken for a flag.
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const flag = args[i].split('=', 1)[0];
    if (flag.startsWith('-') && !known.includes(flag)) {
      const near = nearest(flag, known);
      throw new Error(
        `${flag}: no such setting${near ? `; did you mean ${near}?` : ''} (--help lists them all)`,
      );
    }
    if (!flags.includes(args[i])) {
      joined.push(args[i]);
    } else if (i + 1 >= args.length || known.includes(args[i + 1].split('=', 1)[0])) {
      throw new Error(`${args[i]}: expected a value after it`);
    } else {
      joined.push(`${args[i]}=${args[++i]}`);
    }
  }
  const parsed = parseArgs({ args: joined, options, strict: true, allowPositionals: true });
  const positionals = parsed.positionals;
  const values = parsed.values as Record<string, string | string[] | true | undefined>;
  if (positionals.length > 0) {
    const example = flags[0] ?? known[0];
    throw new Error(`${positionals[0]}: expected a setting such as ${example} (--help lists them all)`);
  }
  if (values.help) return undefined;
  return Object.fromEntries(
    [...about.keys()].flatMap((name) => {
      const value = values[flagOf(name).slice(2)];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The known name with the fewest edits, if it is close. */
function nearest(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 4;
  for (const name of known) {
    const distance = edits(given, name);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

/** Edit distance (Levenshtein 1966). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
