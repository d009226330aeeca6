// What is done to a text before it is cut into words: the normalizers of a `tokenizer.json`. Those that BERT's, T5's
// and their relatives' files have; others are refused by name.
import { charsmapNormalizer } from './charsmap.js';
import { expectArray, expectBoolean, expectRecord, expectText, where } from './json-checks.js';

export interface Normalizer {
  (text: string): string;
  /** What becomes of a character depends on nothing beyond its grapheme: texts can be cut between words. */
  readonly local: boolean;
}

/** @throws Error naming the normalizer that is not supported, or what is wrong with it. */
export function parseNormalizer(json: unknown): Normalizer | null {
  if (json === undefined || json === null) return null;
  const record = expectRecord(json, 'tokenizer.json: "normalizer"');
  const local = (apply: (text: string) => string): Normalizer => Object.assign(apply, { local: true });
  const global = (apply: (text: string) => string): Normalizer => Object.assign(apply, { local: false });
  switch (record.type) {
    case 'BertNormalizer':
      return local(bertNormalizer(record));
    case 'Precompiled':
      return local(charsmapNormalizer(record.precompiled_charsmap));
    case 'Lowercase':
      return local(lowercase);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = record.type;
      return local((text) => text.normalize(form));
    }
    case 'StripAccents':
      return local((text) => text.replace(/\p{M}/gu, ''));
    case 'Strip':
      return global(strip(record));
    case 'Replace':
      return global(replace(record));
    case 'Prepend': {
      const prefix = expectText(record.prepend, 'tokenizer.json: "normalizer.prepend"') ?? '';
      return global((text) => (text === '' ? '' : prefix + text));
    }
    case 'Sequence': {
      const parts = expectArray(record.normalizers, 'tokenizer.json: "normalizer.normalizers"')
        .map(parseNormalizer)
        .filter((part) => part !== null);
      return Object.assign((text: string) => parts.reduce((done, part) => part(done), text), {
        local: parts.every((part) => part.local),
      });
    }
    default:
      throw new Error(
        `tokenizer.json: "normalizer" ${where(record.type)} is not supported, only "BertNormalizer", "Precompiled", ` +
          '"Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Strip", "Replace", "Prepend" and "Sequence" are',
      );
  }
}

/** Without the rule for a final sigma: Hugging Face's goes character by character. */
function lowercase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** BERT's: control characters go, white space becomes blanks, ideographs stand alone, lower case, no accents. */
function bertNormalizer(record: Record<string, unknown>): (text: string) => string {
  const flag = (name: string, fallback: boolean): boolean =>
    expectBoolean(record[name], fallback, `tokenizer.json: "normalizer.${name}"`);
  const lower = flag('lowercase', true);
  const clean = flag('clean_text', true);
  const ideographs = flag('handle_chinese_chars', true);
  const accents = flag('strip_accents', lower);
  return (text) => {
    if (clean) {
      text = text.replace(/[^\P{C}\p{Cn}\t\n\r]|\ufffd/gu, '').replace(/\p{White_Space}/gu, ' ');
    }
    if (ideographs) text = text.replace(IDEOGRAPH, ' $& ');
    if (accents) text = text.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lower ? lowercase(text) : text;
  };
}

function strip(record: Record<string, unknown>): (text: string) => string {
  const left = expectBoolean(record.strip_left, true, 'tokenizer.json: "normalizer.strip_left"');
  const right = expectBoolean(record.strip_right, true, 'tokenizer.json: "normalizer.strip_right"');
  return (text) => {
    if (left) text = text.replace(/^\p{White_Space}+/u, '');
    return right ? text.slice(0, endWithoutSpace(text)) : text;
  };
}

/** A regular expression would try every run of white space to its end. */
function endWithoutSpace(text: string): number {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1])) end--;
  return end;
}

/** Letters, digits, blanks and `▁` with quantifiers: what means the same in their regular expressions and in ours. */
const PLAIN_EXPRESSION = /^(?:[\p{L}\p{N} \u2581](?:\{\d+,?\d*\}|[+*?])?)+$/u;

function replace(record: Record<string, unknown>): (text: string) => string {
  const name = 'tokenizer.json: "normalizer.pattern"';
  const { String: literal, Regex: expression } = expectRecord(record.pattern, name);
  const content = expectText(record.content, 'tokenizer.json: "normalizer.content"') ?? '';
  if (typeof literal === 'string' && literal !== '') return (text) => text.replaceAll(literal, () => content);
  if (typeof expression === 'string' && PLAIN_EXPRESSION.test(expression)) {
    const pattern = new RegExp(expression, 'gu');
    return (text) => text.replace(pattern, () => content);
  }
  throw new Error(
    `${name}: ${where(literal ?? expression)} is not supported, expected a "String", ` +
      'or a "Regex" of plain characters and quantifiers',
  );
}
