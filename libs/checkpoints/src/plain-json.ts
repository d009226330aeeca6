// Guards against JSON's silent losses: a state with Infinity in it would come back with null, and a resumed run
// would differ from one that was never stopped.
import { readFile } from 'node:fs/promises';

/** Path and kind of the first value inside `value` that would not come back from JSON as it is. */
function firstUnfit(value: unknown, path: string): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  }
  if (typeof value !== 'object') return `${path} is of type ${typeof value}`;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const unfit = firstUnfit(value[i], `${path}[${i}]`);
      if (unfit) return unfit;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `${path} is a ${value.constructor.name}`;
  for (const [key, item] of Object.entries(value)) {
    // JSON leaves an undefined property out, and reading it gives undefined again
    const unfit = item === undefined ? undefined : firstUnfit(item, `${path}.${key}`);
    if (unfit) return unfit;
  }
  return undefined;
}

/**
 * `value` as JSON that reads back as the same value.
 *
 * @throws Error naming the place of a number that is not finite, or anything else that JSON cannot keep.
 */
export function toExactJson(value: object, name: string): string {
  const unfit = firstUnfit(value, name);
  if (unfit)
    throw new Error(
      `${unfit}, which JSON cannot keep: use finite numbers, texts, booleans, null, lists and plain objects`,
    );
  return JSON.stringify(value);
}

/**
 * Reads a JSON file.
 *
 * @throws Error naming the file when it is missing or not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
