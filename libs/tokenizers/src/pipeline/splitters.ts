// The pre-tokenizers that a `tokenizer.json` uses with WordPiece and Unigram. Those of BPE are in pre-tokenizers.ts.
import type { JsonFields } from '../json-fields.js';
import { preTokenize } from './pre-tokenizers.js';

/** Splits a text into words. `atStart`: the text is the beginning of the whole input. */
export interface Splitter {
  (text: string, atStart: boolean): Iterable<string>;
  /** White space is removed, and words do not depend on what is beyond it. */
  readonly cutsAtSpace: boolean;
}

// ASCII symbols count as punctuation, as in BERT.
const BERT_WORDS = /[^\p{White_Space}\p{P}$+<=>^`|~]+|[\p{P}$+<=>^`|~]/gu;

/** @throws Error naming the wrong or unsupported field */
export function parseSplitter(fields: JsonFields | undefined): Splitter {
  if (!fields) return splitter((text) => [text], false);
  switch (fields.record.type) {
    case 'BertPreTokenizer':
      return splitter((text) => text.match(BERT_WORDS) ?? [], true);
    case 'Whitespace':
      return splitter((text) => preTokenize(text, 'whitespace'), true);
    case 'WhitespaceSplit':
      return splitter((text) => text.match(/\P{White_Space}+/gu) ?? [], true);
    case 'Metaspace':
      return splitter(metaspace(fields), false);
    case 'Sequence':
      return sequence(fields.steps('pretokenizers').map(parseSplitter));
    default:
      return fields.unsupported(
        '"BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Metaspace", a "Sequence" of them or null with this model',
      );
  }
}

function splitter(
  split: (text: string, atStart: boolean) => Iterable<string>,
  cutsAtSpace: boolean,
): Splitter {
  return Object.assign(split, { cutsAtSpace });
}

/** Applies each splitter to the words of the one before. */
function sequence(parts: readonly Splitter[]): Splitter {
  return splitter(
    (text, atStart) =>
      parts.reduce<string[]>(
        (words, part) =>
          words.flatMap((word, i) => {
            // Only the first word can be at the start, if nothing was removed before it.
            const first = atStart && i === 0 && text.startsWith(word[0]);
            return [...part(word, first)];
          }),
        [text],
      ),
    parts[0]?.cutsAtSpace ?? false,
  );
}

/** The settings of Metaspace as pre-tokenizer and as decoder. Old files have `add_prefix_space` only. */
export function parseMetaspace(fields: JsonFields): {
  replacement: string;
  prependScheme: 'always' | 'first' | 'never';
} {
  const replacement = fields.string('replacement') ?? '\u2581';
  if ([...replacement].length !== 1) fields.fail('replacement', 'one character');
  const prependScheme =
    fields.record.prepend_scheme ?? (fields.boolean('add_prefix_space', true) ? 'always' : 'never');
  if (prependScheme !== 'always' && prependScheme !== 'first' && prependScheme !== 'never')
    return fields.fail('prepend_scheme', '"always", "first" or "never"');
  return { replacement, prependScheme };
}

/** SentencePiece's: spaces become `▁`, a `▁` is put before the first word, and every word begins with one. */
function metaspace(fields: JsonFields): (text: string, atStart: boolean) => Iterable<string> {
  const { replacement, prependScheme } = parseMetaspace(fields);
  const split = fields.boolean('split', true);
  const mark = replacement.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const pieces = new RegExp(`${mark}?[^${mark}]+|${mark}`, 'gu');
  return (text, atStart) => {
    let whole = text.replaceAll(' ', () => replacement);
    const prepend = prependScheme === 'always' || (prependScheme === 'first' && atStart);
    if (prepend && !whole.startsWith(replacement)) whole = replacement + whole;
    return split ? (whole.match(pieces) ?? []) : [whole];
  };
}
