// Flags as zod schemas: the kinds of values, and the description that help prints, which is the metadata of the schema.
import { z } from 'zod';

/** What help prints about a flag. */
export interface FlagDescription {
  /** What the flag sets, in a phrase. */
  readonly help: string;
  /** When to change the flag, in a sentence or several lines. */
  readonly when?: string;
  /** Heading in the help. */
  readonly group?: string;
  /** Placeholder of the value: `FILE`, `N`. A flag without one is a switch with a boolean schema. */
  readonly value?: string;
  /** Values to complete, where the schema does not list them. */
  readonly choices?: readonly string[];
  /** A second name, without dashes: `lr` for `--learning-rate`. */
  readonly alias?: string;
  /** Whether the flag may be repeated; its schema is an array. */
  readonly many?: boolean;
}

/** Adds a description to a schema. */
export function flag<T extends z.ZodType>(description: FlagDescription, schema: T): T {
  return schema.meta({ ...description }) as T;
}

/** The values of flags after validation. */
export type FlagValues<Flags extends z.ZodRawShape> = Readonly<z.infer<z.ZodObject<Flags>>>;

/** The flag of a setting: `--batch-size` for `batchSize`. */
export function flagName(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The descriptions of all flags of a schema, by setting. */
export function describeFlags<S extends z.ZodObject>(
  schema: S,
): Map<keyof z.infer<S> & string, FlagDescription> {
  return new Map(
    Object.entries(schema.shape).map(([name, value]) => [
      name as keyof z.infer<S> & string,
      (value as z.ZodType).meta() as unknown as FlagDescription,
    ]),
  );
}

const toNumber = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const text = value.trim().replaceAll('_', '');
  return text === '' ? NaN : Number(text);
};

/** An integer from `least` to `most`. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  const [from, to] = [least, most].map((bound) => bound.toLocaleString('en'));
  const expected = `expected an integer ${most === Number.MAX_SAFE_INTEGER ? `of at least ${from}` : `from ${from} to ${to}`}`;
  return z.preprocess(toNumber, z.number(expected).int(expected).min(least, expected).max(most, expected));
}

/** A finite number that `isValid` accepts; `expected` describes it: `a number above 0`. */
export function number(expected: string, isValid: (value: number) => boolean = () => true) {
  const message = `expected ${expected}`;
  return z.preprocess(
    toNumber,
    z.number(message).refine((value) => Number.isFinite(value) && isValid(value), message),
  );
}

export const positive = () => number('a number above 0', (value) => value > 0);
export const nonNegative = () => number('a number of at least 0', (value) => value >= 0);
/** A number between 0 and 1, both excluded. */
export const fraction = () => number('a number between 0 and 1', (value) => value > 0 && value < 1);

export function oneOf<const T extends readonly string[]>(...values: T) {
  return z.enum(values, `expected one of ${values.join(', ')}`);
}

/** A non-empty string. */
export const text = (expected = 'a text') =>
  z.string(`expected ${expected}`).min(1, 'expected a text that is not empty');

/** `true` or `false` as the value of a flag. */
export const boolean = () =>
  z.preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean('expected true or false'),
  );

/** A switch, false by default. */
export const toggle = () => z.boolean().default(false);
