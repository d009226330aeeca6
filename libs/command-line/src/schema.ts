// Flags of a command as a zod schema: the kinds of values that flags have, each with what it expects in
// words; what the help says of a flag, kept as the schema's metadata; and the check of all at once.
import { z } from 'zod';

/** What the help says of a flag. */
export interface FlagAbout {
  /** Heading that it stands under. */
  readonly group?: string;
  /** What stands for the value: `FILE`, `N`. Without one the flag is a switch and its schema a boolean. */
  readonly value?: string;
  readonly help: string;
  /** May be given several times; its schema is an array. */
  readonly many?: boolean;
}

/** A schema that knows what the help says of it. */
export function flag<T extends z.ZodType>(about: FlagAbout, schema: T): T {
  return schema.meta({ ...about }) as T;
}

/** What flags come to, once they are checked. */
export type FlagValues<Flags extends z.ZodRawShape> = Readonly<z.infer<z.ZodObject<Flags>>>;

/** `batchSize` as it is typed: `--batch-size`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What the help says of each flag of a schema. */
export function aboutFlags<S extends z.ZodObject>(schema: S): Map<keyof z.infer<S> & string, FlagAbout> {
  return new Map(
    Object.entries(schema.shape).map(([name, its]) => [
      name as keyof z.infer<S> & string,
      (its as z.ZodType).meta() as unknown as FlagAbout,
    ]),
  );
}

/**
 * The values of flags, as the schema makes them from what was typed.
 * @throws Error with one line a wrong flag: what was given, what was expected
 */
export function checkFlags<S extends z.ZodObject>(schema: S, values: Record<string, unknown>): z.infer<S> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path: [name, place], message }) => {
    const given = values[String(name)];
    const one = Array.isArray(given) && typeof place === 'number' ? given[place] : given;
    return one === undefined
      ? `${flagOf(String(name))} is missing: ${message}`
      : `${flagOf(String(name))} ${String(one)}: ${message}`;
  });
  throw new Error([...new Set(lines)].join('\n'));
}

const toNumber = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const text = value.trim().replaceAll('_', '');
  return text === '' ? NaN : Number(text);
};

/** A whole number within bounds. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER) {
  const expected =
    most === Number.MAX_SAFE_INTEGER
      ? `expected a whole number of at least ${least.toLocaleString('en')}`
      : `expected a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  return z.preprocess(toNumber, z.number(expected).int(expected).min(least, expected).max(most, expected));
}

/** A number that `allowed` takes; `expected` says which: `a number above 0`. */
export function real(expected: string, allowed: (value: number) => boolean) {
  const message = `expected ${expected}`;
  return z.preprocess(
    toNumber,
    z.number(message).refine((value) => Number.isFinite(value) && allowed(value), message),
  );
}

export const positive = () => real('a number above 0', (value) => value > 0);
export const notNegative = () => real('a number of at least 0', (value) => value >= 0);
export const share = () => real('a number between 0 and 1', (value) => value > 0 && value < 1);

/** One of some words. */
export function oneOf<const T extends readonly string[]>(...values: T) {
  return z.enum(values, `expected one of ${values.join(', ')}`);
}

/** A text that is not empty. */
export const text = (expected = 'a text') =>
  z.string(`expected ${expected}`).min(1, 'expected a text that is not empty');

/** A switch: off unless it is given. */
export const off = () => z.boolean().default(false);
