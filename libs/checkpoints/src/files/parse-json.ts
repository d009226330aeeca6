// Parses JSON text, including the Infinity and NaN of Python's json module. Nesting and memory are bounded.

/** Deepest nesting: readers of the value may be recursive. */
const MOST_DEPTH = 100;

/** Bytes of memory that a string, and an object or array, take at least. */
const STRING_COST = 32;
const OBJECT_COST = 48;

/** Memory of the values beside three bytes per character of the text: small files may be anything. */
const ALLOWANCE = 2 ** 24;

/**
 * Parses JSON text.
 *
 * @throws Error naming `name` when the text is not JSON, nested too deeply, or so full of short values that they take far
 *   more memory than the text
 */
export function parseJson(text: string, name: string): unknown {
  let depth = 0;
  let cost = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') {
      depth++;
      cost += OBJECT_COST;
    } else if (token === '}' || token === ']') {
      depth--;
    } else {
      cost += STRING_COST;
    }
    if (depth > MOST_DEPTH)
      throw new Error(`${name}: nested more than ${MOST_DEPTH} levels deep. Expected at most ${MOST_DEPTH}.`);
  }
  if (cost > 3 * text.length + ALLOWANCE)
    throw new Error(
      `${name}: its values take far more memory than its text. Expected mostly text or numbers.`,
    );
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return parsePython(text);
    } catch {
      throw new Error(`${name}: not JSON: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** A string that stands for NaN while the text is parsed. */
const NOT_A_NUMBER = '\u0000NaN';

/** Parses JSON with Infinity and NaN as numbers. */
function parsePython(text: string): unknown {
  const standard = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\bInfinity\b|\bNaN\b/gs, (token) =>
    token === 'Infinity' ? '1e999' : token === 'NaN' ? JSON.stringify(NOT_A_NUMBER) : token,
  );
  return JSON.parse(standard, (_, value: unknown) => (value === NOT_A_NUMBER ? NaN : value));
}
