// Parses JSON text, including the Infinity and NaN of Python's json module. Nesting is bounded.

/** Deepest nesting: readers of the value may be recursive. */
const MOST_DEPTH = 100;

/**
 * Parses JSON text.
 *
 * @throws Error naming `name` when the text is not JSON, or nested too deeply
 */
export function parseJson(text: string, name: string): unknown {
  let depth = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth > MOST_DEPTH)
      throw new Error(`${name}: nested more than ${MOST_DEPTH} levels deep. Expected at most ${MOST_DEPTH}.`);
  }
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
