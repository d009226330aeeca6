// How a text is cut into words before WordPiece and Unigram: the pre-tokenizers of a `tokenizer.json` that go with them.
// What BPE's texts are cut with, at another speed, is in pre-tokenizers.ts.
import { expectArray, expectBoolean, expectRecord, expectText, where } from './json-checks.js';
import { preTokenize } from './pre-tokenizers.js';

/** Words of a text. `atStart` says whether the text is the beginning of the whole. */
export interface Splitter {
  (text: string, atStart: boolean): Iterable<string>;
  /** White space is left out, and words do not depend on what stands beyond it. */
  readonly cutsAtSpace: boolean;
}

// ASCII's symbols count as punctuation, as in BERT.
const BERT_WORDS = /[^\p{White_Space}\p{P}$+<=>^`|~]+|[\p{P}$+<=>^`|~]/gu;

/** @throws Error naming the pre-tokenizer that is not supported, or what is wrong with it. */
export function parseSplitter(json: unknown): Splitter {
  if (json === undefined || json === null) return splitter((text) => [text], false);
  const record = expectRecord(json, 'tokenizer.json: "pre_tokenizer"');
  switch (record.type) {
    case 'BertPreTokenizer':
      return splitter((text) => text.match(BERT_WORDS) ?? [], true);
    case 'Whitespace':
      return splitter((text) => preTokenize(text, 'whitespace'), true);
    case 'WhitespaceSplit':
      return splitter((text) => text.match(/\P{White_Space}+/gu) ?? [], true);
    case 'Metaspace':
      return splitter(metaspace(record), false);
    case 'Sequence':
      return sequence(
        expectArray(record.pretokenizers, 'tokenizer.json: "pre_tokenizer.pretokenizers"').map(parseSplitter),
      );
    default:
      throw new Error(
        `tokenizer.json: "pre_tokenizer" ${where(record.type)} is not supported with this model, only "BertPreTokenizer", ` +
          '"Whitespace", "WhitespaceSplit", "Metaspace", "Sequence" of them and null are',
      );
  }
}

function splitter(
  split: (text: string, atStart: boolean) => Iterable<string>,
  cutsAtSpace: boolean,
): Splitter {
  return Object.assign(split, { cutsAtSpace });
}

/** One after the other, each on the words of the one before. */
function sequence(parts: readonly Splitter[]): Splitter {
  return splitter((text, atStart) => {
    let pieces: Iterable<string> = [text];
    for (const part of parts) {
      const before = pieces;
      pieces = splitAll(before, part, text, atStart);
    }
    return pieces;
  }, parts[0]?.cutsAtSpace ?? false);
}

/** Of the words only the first can be at the start, and only if nothing was left out before it. */
function* splitAll(
  pieces: Iterable<string>,
  part: Splitter,
  text: string,
  atStart: boolean,
): Generator<string> {
  let first = atStart;
  for (const piece of pieces) {
    yield* part(piece, first && text.startsWith(piece[0]));
    first = false;
  }
}

/** Who puts `replacement` before words that have none, when. */
type PrependScheme = 'always' | 'first' | 'never';

/** The settings that Metaspace has as pre-tokenizer and as decoder. Old files say `add_prefix_space` only. */
export function parseMetaspace(
  record: Record<string, unknown>,
  part: string,
): { replacement: string; prependScheme: PrependScheme } {
  const replacement = expectText(record.replacement, `tokenizer.json: "${part}.replacement"`) ?? '\u2581';
  if ([...replacement].length !== 1) {
    throw new Error(
      `tokenizer.json: "${part}.replacement": ${where(replacement)} given, expected one character`,
    );
  }
  const addPrefix = expectBoolean(
    record.add_prefix_space,
    true,
    `tokenizer.json: "${part}.add_prefix_space"`,
  );
  const prependScheme = record.prepend_scheme ?? (addPrefix ? 'always' : 'never');
  if (prependScheme !== 'always' && prependScheme !== 'first' && prependScheme !== 'never') {
    throw new Error(
      `tokenizer.json: "${part}.prepend_scheme": ${where(prependScheme)} given, expected "always", "first" or "never"`,
    );
  }
  return { replacement, prependScheme };
}

/** SentencePiece's: blanks become `▁`, which also goes before the first word, and every word begins with it. */
function metaspace(record: Record<string, unknown>): (text: string, atStart: boolean) => Iterable<string> {
  const { replacement, prependScheme } = parseMetaspace(record, 'pre_tokenizer');
  const split = expectBoolean(record.split, true, 'tokenizer.json: "pre_tokenizer.split"');
  const mark = replacement.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const pieces = new RegExp(`${mark}?[^${mark}]+|${mark}`, 'gu');
  return (text, atStart) => {
    let whole = text.replaceAll(' ', () => replacement);
    const prepend = prependScheme === 'always' || (prependScheme === 'first' && atStart);
    if (prepend && !whole.startsWith(replacement)) whole = replacement + whole;
    return split ? (whole.match(pieces) ?? []) : [whole];
  };
}
