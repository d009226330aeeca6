// The normalizers of a `tokenizer.json`: transformations of a text before it is split into words.
import { show, type JsonFields } from '../json-fields.js';
import { charsmapNormalizer } from './charsmap.js';
import { linearReplace } from './linear-pattern.js';

export interface Normalizer {
  (text: string): string;
  /** The result for a character depends on nothing outside its grapheme, so that texts can be split between words. */
  readonly local: boolean;
}

/** @throws Error naming the wrong or unsupported field */
export function parseNormalizer(fields: JsonFields): Normalizer {
  const { type } = fields.record;
  const local = (apply: (text: string) => string): Normalizer => Object.assign(apply, { local: true });
  const global = (apply: (text: string) => string): Normalizer => Object.assign(apply, { local: false });
  switch (type) {
    case 'BertNormalizer':
      return local(bertNormalizer(fields));
    case 'Precompiled':
      return local(charsmapNormalizer(fields));
    case 'Lowercase':
      return local(lowercase);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return local((text) => text.normalize(type));
    case 'StripAccents':
      return local((text) => text.replace(/\p{M}/gu, ''));
    case 'Strip':
      return global(strip(fields));
    case 'Replace':
      return global(replace(fields));
    case 'Prepend': {
      const prefix = fields.string('prepend') ?? '';
      return global((text) => {
        checkGrowth(fields, text, prefix.length);
        return text === '' ? '' : prefix + text;
      });
    }
    case 'Sequence': {
      const parts = fields.steps('normalizers').map(parseNormalizer);
      const apply = (text: string): string => {
        let done = text;
        for (const part of parts) {
          done = part(done);
          checkGrowth(fields, text, done.length);
        }
        return done;
      };
      return Object.assign(apply, { local: parts.every((part) => part.local) });
    }
    default:
      return fields.unsupported(
        '"BertNormalizer", "Precompiled", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Strip", "Replace", ' +
          '"Prepend" or "Sequence"',
      );
  }
}

/** Lower case without the final-sigma rule: Hugging Face converts character by character. */
function lowercase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** BERT's: removes control characters, puts spaces around ideographs, lower-cases, removes accents. */
function bertNormalizer(fields: JsonFields): (text: string) => string {
  const lower = fields.boolean('lowercase', true);
  const clean = fields.boolean('clean_text', true);
  const ideographs = fields.boolean('handle_chinese_chars', true);
  const accents = fields.boolean('strip_accents', lower);
  return (text) => {
    if (clean) text = text.replace(/[^\P{C}\p{Cn}\t\n\r]|\ufffd/gu, '').replace(/\p{White_Space}/gu, ' ');
    if (ideographs) text = text.replace(IDEOGRAPH, ' $& ');
    if (accents) text = text.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lower ? lowercase(text) : text;
  };
}

function strip(fields: JsonFields): (text: string) => string {
  const left = fields.boolean('strip_left', true);
  const right = fields.boolean('strip_right', true);
  return (text) => {
    let end = text.length;
    // Not a regular expression: /\s+$/ takes quadratic time on long runs of white space.
    if (right) while (end > 0 && /\p{White_Space}/u.test(text[end - 1])) end--;
    return left ? text.slice(0, end).replace(/^\p{White_Space}+/u, '') : text.slice(0, end);
  };
}

function replace(fields: JsonFields): (text: string) => string {
  const { String: literal, Regex: expression } = fields.object('pattern').record;
  const content = fields.string('content') ?? '';
  if (typeof literal === 'string' && literal !== '')
    return (text) => {
      let count = 0;
      for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) count++;
      checkGrowth(fields, text, count * content.length);
      // Not a function, whose results would be held one by one; $ is special in a text.
      return text.replaceAll(literal, content.replaceAll('$', '$$$$'));
    };
  const linear = typeof expression === 'string' ? linearReplace(expression) : undefined;
  if (linear) return (text) => linear(text, bounded(fields, text, content));
  throw new Error(
    `${fields.name('pattern')} ${show(literal ?? expression)} is not supported. ` +
      'Expected a "String", or a "Regex" of up to 64 letters, digits and spaces with quantifiers.',
  );
}

/** A function that returns `content`, until a text has grown too much. */
function bounded(fields: JsonFields, text: string, content: string): () => string {
  let length = 0;
  return () => {
    length += content.length;
    checkGrowth(fields, text, length);
    return content;
  };
}

/** @throws Error when the normalized text is far longer than the text: replacements that double it would fill the memory */
function checkGrowth(fields: JsonFields, text: string, length: number): void {
  if (length > 64 * text.length + 10_000)
    throw new Error(`${fields.name()} makes a text of ${text.length} characters more than 64 times longer.`);
}
