// Checks a discussion against the pages that it cites: every number is in a cited section, or computed from numbers there.

/** A number that the cited sections do not have, or a block that cites none. */
export interface Unsupported {
  readonly block: string;
  readonly number: string;
}

interface Found {
  readonly text: string;
  readonly value: number;
  /** Written digits after the point, of the mantissa. */
  readonly decimals: number;
  /** Power of ten of a number such as 3·10¹². */
  readonly power: number;
  readonly signed: boolean;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const NUMBER =
  /(?<![\p{L}\d._/#-])([−+-]?)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:·10(⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|e([+-]?\d+))?(?![\d_]|\.\d)/gu;

function numbersIn(text: string): Found[] {
  return Array.from(text.matchAll(NUMBER), ([whole, sign, digits, superscript, exponent]) => {
    const plain = digits.replaceAll(',', '');
    const raised = superscript?.replace('⁻', '-').replace(/[^-]/g, (each) => `${SUPERSCRIPTS.indexOf(each)}`);
    const power = Number(raised ?? exponent ?? 0);
    return {
      text: whole,
      value: Number(plain) * 10 ** power * (/[−-]/.test(sign) ? -1 : 1),
      decimals: plain.split('.')[1]?.length ?? 0,
      power,
      signed: sign !== '',
    };
  });
}

/** Whether `wanted` is `there` at the precision of `wanted`; whole numbers without a power of ten must be equal. */
function agrees(wanted: Found, there: number): boolean {
  const [a, b] = wanted.signed ? [wanted.value, there] : [Math.abs(wanted.value), Math.abs(there)];
  if (wanted.decimals === 0 && wanted.power === 0) return a === b;
  const half = 0.5 * 10 ** (wanted.power - wanted.decimals);
  return Math.abs(a - b) <= half * (1 + 1e-9);
}

/** The sections of a page by the anchors of their headings; a section includes its subsections. */
function sectionsOf(page: string): Map<string, string> {
  // Lines of code blocks that look like headings are none.
  const code = page.replace(/^```[^]*?^```/gm, (block) => block.replace(/^#/gm, ' #'));
  const parts = code.split(/^(?=#{1,6} )/m);
  const level = (part: string) => /^#*/.exec(part)![0].length;
  return new Map(
    parts.map((part, i) => {
      const next = parts.findIndex((other, j) => j > i && level(other) <= level(part));
      const heading = /^#+ (.*)/.exec(part)?.[1] ?? '';
      const anchor = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/ /g, '-');
      return [anchor, parts.slice(i, next < 0 ? undefined : next).join('')];
    }),
  );
}

/**
 * The numbers of a discussion that are in none of the sections that their block, or else the nearest block before, links to.
 * A linked JSON file supports numbers that are exactly its own. A comment `<!-- 0.05 = 2.13 − 2.08 -->` after a block declares how a number is computed from those of the sections.
 *
 * @param readPage text of a page by its path relative to the discussion
 * @param constants numbers that no command prints, such as a notebook's, by their text, with their source
 */
export function unsupportedNumbers(
  discussion: string,
  readPage: (path: string) => string,
  constants: Readonly<Record<string, string>> = {},
): Unsupported[] {
  const wrong: Unsupported[] = [];
  let cited: number[] = [];
  let exact = new Set<number>();
  for (const block of discussion.split(/\n\n+/)) {
    if (block.startsWith('#')) continue;
    const links = [...block.matchAll(/\]\(([^)#\s]+\.md)#([^)\s]+)\)/g)];
    const files = [...block.matchAll(/\]\(([^)#\s]+\.json)\)/g)];
    if (links.length + files.length > 0) {
      exact = new Set(files.flatMap(([, path]) => numbersIn(readPage(path)).map(({ value }) => value)));
      cited = links.flatMap(([, path, anchor]) => {
        const section = sectionsOf(readPage(path)).get(anchor);
        if (section === undefined) wrong.push({ block, number: `${path}#${anchor}` });
        return numbersIn(section ?? '').map(({ value }) => value);
      });
    }
    const known = (number: Found) =>
      Object.hasOwn(constants, number.text) ||
      exact.has(Math.abs(number.value)) ||
      cited.some((there) => agrees(number, there));
    const computed = [...block.matchAll(/<!--([^]*?)-->/g)].flatMap(([, list]) => list.trim().split(/;\s*/));
    const declared = computed.flatMap((equation): number[] => {
      const [left, right = ''] = equation.split(/\s+=\s+/);
      const [result] = numbersIn(left);
      const value = evaluate(right);
      if (!result || value === undefined || !agrees({ ...result, signed: false }, value)) {
        wrong.push({ block, number: equation });
        return [];
      }
      for (const operand of numbersIn(right.replace(/[−+*/()-]/g, ' '))) {
        if (!known(operand)) wrong.push({ block, number: operand.text });
      }
      return [result.value];
    });
    const prose = block
      .replace(/<!--[^]*?-->/g, '')
      .replace(/`[^`]*`/g, '')
      .replace(/\]\([^)]*\)/g, ']')
      .replace(/arXiv:\S+/g, '');
    for (const number of numbersIn(prose)) {
      if (!known(number) && !declared.includes(Math.abs(number.value))) {
        wrong.push({ block, number: number.text });
      }
    }
  }
  return wrong;
}

/** Value of an expression of numbers, + − * / and parentheses; undefined for anything else. */
function evaluate(expression: string): number | undefined {
  const plain = expression.replaceAll('−', '-').replaceAll(',', '');
  if (!/^[\d.\s()+*/-]+$/.test(plain)) return undefined;
  try {
    return Number(new Function(`return (${plain})`)());
  } catch {
    return undefined;
  }
}

/** Headings of sections that have a table or a block with numbers, but no command in them or in the introduction. */
export function sectionsWithoutCommand(page: string): string[] {
  const names = /`npx (nx run|lilformer) /;
  const [intro, ...sections] = page.split(/^(?=## )/m);
  return [intro, ...sections].flatMap((section) => {
    const tables = section.match(/^(\|.*\d.*\||```text\n[^]*?\d[^]*?```)/m);
    return tables === null || names.test(section) || names.test(intro) ? [] : [section.split('\n', 1)[0]];
  });
}
