// JSON without silent loss: JSON.stringify turns Infinity into null, and a resumed run would differ.

/** Path and kind of the first value that JSON does not preserve. */
function firstLossy(value: unknown, path: string): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== 'object') return `${path} is of type ${typeof value}`;
  const isArray = Array.isArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isArray && prototype !== Object.prototype && prototype !== null)
    return `${path} is a ${value.constructor.name}`;
  for (const [key, item] of isArray ? value.entries() : Object.entries(value)) {
    // An undefined property is omitted and reads as undefined again.
    const lossy =
      !isArray && item === undefined
        ? undefined
        : firstLossy(item, isArray ? `${path}[${key}]` : `${path}.${key}`);
    if (lossy) return lossy;
  }
  return undefined;
}

/**
 * JSON text from which the same value is read.
 *
 * @throws Error naming the value that JSON does not preserve
 */
export function toExactJson(value: object, name: string): string {
  const lossy = firstLossy(value, name);
  if (lossy) {
    throw new Error(
      `${lossy}, which JSON does not preserve. Expected finite numbers, strings, booleans, null, arrays and plain objects.`,
    );
  }
  return JSON.stringify(value);
}
