// Matches sequences of quantified characters, such as ` {2,}` or `a*b+c`, in time proportional to the length of the text, where
// a backtracking regular expression takes a power of it.

/** A character with the least and the largest number of repetitions. */
interface Atom {
  readonly character: string;
  readonly least: number;
  readonly most: number;
}

/** Letters, digits, spaces and `▁` with quantifiers: the syntax with the same meaning in Rust and JavaScript. */
const ATOM = /([\p{L}\p{N} \u2581])(?:\{(\d+)(,?)(\d*)\}|([+*?]))?/uy;
const MAX_ATOMS = 64;

/**
 * A function that replaces all matches of a pattern as `String.replace` does; undefined for another syntax.
 *
 * @param content called for each match
 */
export function linearReplace(
  pattern: string,
): ((text: string, content: () => string) => string) | undefined {
  const atoms = parse(pattern);
  if (!atoms || atoms.length === 0 || atoms.length > MAX_ATOMS) return undefined;
  const [{ least }] = atoms;
  if (atoms.length === 1 && least <= 64) {
    const expression = new RegExp(pattern, 'gu');
    return (text, content) => text.replace(expression, content);
  }
  return (text, content) => {
    const characters = Array.from(text);
    const ends = matchEnds(characters, atoms);
    const out: string[] = [];
    for (let at = 0; at <= characters.length;) {
      if (ends[at] >= 0) out.push(content());
      if (ends[at] > at) at = ends[at];
      else if (at++ < characters.length) out.push(characters[at - 1]);
    }
    return out.join('');
  };
}

/** Atoms of a pattern; neighbors with the same character are one. Undefined for another syntax. */
function parse(pattern: string): Atom[] | undefined {
  const atoms: Atom[] = [];
  ATOM.lastIndex = 0;
  while (ATOM.lastIndex < pattern.length) {
    const match = ATOM.exec(pattern);
    if (!match) return undefined;
    const [, character, low, comma, high, sign] = match;
    const atom = { character, ...repetitions(low, comma, high, sign) };
    if (atom.most < atom.least) return undefined;
    const last = atoms.at(-1);
    if (last?.character !== character) atoms.push(atom);
    else atoms[atoms.length - 1] = { character, least: last.least + atom.least, most: last.most + atom.most };
  }
  return atoms;
}

function repetitions(
  low: string | undefined,
  comma: string,
  high: string,
  sign: string | undefined,
): { least: number; most: number } {
  if (low !== undefined) return { least: +low, most: high ? +high : comma ? Infinity : +low };
  return { least: sign === '*' || sign === '?' ? 0 : 1, most: sign === '*' || sign === '+' ? Infinity : 1 };
}

/** The end of the greedy match at each position; -1 for none. Backwards, one atom after the other. */
function matchEnds(characters: readonly string[], atoms: readonly Atom[]): Int32Array {
  const { length } = characters;
  let ends = Int32Array.from({ length: length + 1 }, (_, at) => at);
  for (const { character, least, most } of atoms.toReversed()) {
    /** The last position up to each one at which the rest of the pattern matches. */
    const lastMatch = new Int32Array(length + 1);
    for (let at = 0, last = -1; at <= length; at++) lastMatch[at] = last = ends[at] >= 0 ? at : last;
    const next = new Int32Array(length + 1);
    for (let at = length, run = 0; at >= 0; at--) {
      run = characters[at] === character ? run + 1 : 0;
      const to = lastMatch[at + Math.min(run, most)];
      next[at] = to >= at + least ? ends[to] : -1;
    }
    ends = next;
  }
  return ends;
}
