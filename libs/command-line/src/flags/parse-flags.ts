// Command-line arguments to the values of flags: `splitFlags` separates names and values, `checkFlags` validates them.
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { describeFlags, flagName } from './flag.js';
import { didYouMean } from './nearest-name.js';

/**
 * The flags among the arguments with their values, by setting: strings, `true` for switches, arrays for repeatable flags.
 *
 * @returns undefined when `--help` or `-h` is among the arguments
 * @throws Error naming an unknown flag, with a suggestion, or a flag without its value
 */
export function splitFlags(
  schema: z.ZodObject,
  args: readonly string[],
): Record<string, string | string[] | true> | undefined {
  const flags = [...describeFlags(schema)].map(([setting, { value, many = false, alias }]) => {
    return {
      setting,
      name: flagName(setting),
      hasValue: value !== undefined,
      many,
      alias: alias && `--${alias}`,
    };
  });
  const find = (name: string) => flags.find((flag) => flag.name === name || flag.alias === name);
  const names = [...flags.flatMap(({ name, alias }) => (alias ? [name, alias] : [name])), '--help'];
  // Each value is joined to its flag by `=`, so a value may start with a dash: `--prompt "- he said"`.
  const joined: string[] = [];
  args = args.map((arg) => (arg === '-h' ? '--help' : arg));
  for (let i = 0; i < args.length; i++) {
    const [typed] = args[i].split('=', 1);
    if (typed.startsWith('-') && !names.includes(typed)) {
      throw new Error(`${typed}: unknown flag.${didYouMean(typed, names)} --help lists all flags.`);
    }
    const flag = find(typed);
    const arg = flag ? flag.name + args[i].slice(typed.length) : args[i];
    if (!flag?.hasValue || typed !== args[i]) {
      joined.push(arg);
    } else if (i + 1 >= args.length || names.includes(args[i + 1].split('=', 1)[0])) {
      throw new Error(`${typed}: missing value. Expected it after the flag.`);
    } else {
      joined.push(`${arg}=${args[++i]}`);
    }
  }
  const options = Object.fromEntries([
    ...flags.map(({ name, hasValue, many }) => [
      name.slice(2),
      hasValue ? { type: 'string' as const, multiple: many } : { type: 'boolean' as const },
    ]),
    ['help', { type: 'boolean' as const }],
  ]);
  const parsed = parseArgs({ args: joined, options, strict: true, allowPositionals: true });
  const values = parsed.values as Record<string, string | string[] | true | undefined>;
  if (parsed.positionals.length > 0) {
    throw new Error(
      `${parsed.positionals[0]}: expected a flag such as ${names[0]} before it. --help lists all flags.`,
    );
  }
  if (values.help) return undefined;
  return Object.fromEntries(
    flags.flatMap(({ setting, name }) => {
      const value = values[name.slice(2)];
      return value === undefined ? [] : [[setting, value]];
    }),
  );
}

/**
 * Validates the values of flags.
 * @throws Error with one line for each invalid flag: its value and what was expected
 */
export function checkFlags<S extends z.ZodObject>(schema: S, values: Record<string, unknown>): z.infer<S> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path: [name, index], message }) => {
    const given = values[String(name)];
    const value = Array.isArray(given) && typeof index === 'number' ? (given[index] as unknown) : given;
    return `${flagName(String(name))} ${value === undefined ? 'is missing' : String(value)}: ${message}`;
  });
  throw new Error([...new Set(lines)].join('\n'));
}
