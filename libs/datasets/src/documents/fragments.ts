// Documents in parts, so that one document may be larger than memory.

/** A part of a document. */
export interface Fragment {
  text: string;
  /** Whether the document ends with this fragment. */
  end: boolean;
}

/** Most documents of a batch. */
export const MAX_BATCH = 1 << 12;

export interface ReadOptions {
  /**
   * `'text'`: plain UTF-8 with a separator between documents; `'jsonl'`: one JSON object per line; `'json'`: an array of
   * objects or texts, or such values one after the other; `'parquet'`.
   * Default: by extension (`.jsonl`, `.ndjson`, `.json`, `.parquet`, otherwise text), ignoring a final `.gz`.
   */
  format?: 'text' | 'jsonl' | 'json' | 'parquet';
  /**
   * Text: the separator between documents, removed with white space next to it. Default `<|endoftext|>`;
   * the empty string makes the file one document.
   */
  separator?: string;
  /** JSON: the field with the text. Default `text`. */
  field?: string;
  /** Parquet: the column with the text. Default `text`. */
  column?: string;
  /** Maximum number of characters (Unicode code points) of all documents together; the last document is cut. */
  maxCharacters?: number;
  signal?: AbortSignal;
}

/** Maximum string length of V8 (2^29 - 24). */
const LONGEST_STRING = 536_870_888;

/** Yields the documents of a stream of fragments. @throws Error naming `name` when a document is longer than a string can be */
export async function* joinFragments(
  batches: AsyncIterable<Fragment[]>,
  name: string,
): AsyncGenerator<string, void, undefined> {
  let document = '';
  for await (const batch of batches) {
    for (const { text, end } of batch) {
      if (document.length + text.length > LONGEST_STRING) {
        throw new Error(
          `${name}: a document is longer than a string can be (${LONGEST_STRING} characters); ` +
            'give the separator that stands between documents',
        );
      }
      document += text;
      if (!end) continue;
      yield document;
      document = '';
    }
  }
}

/** Yields the first `limit` code points of a stream of fragments. */
export async function* limitCharacters(
  batches: AsyncIterable<Fragment[]>,
  limit: number,
): AsyncGenerator<Fragment[]> {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new Error(`maxCharacters ${limit}: expected a whole number of at least 1`);
  }
  let left = limit;
  for await (const batch of batches) {
    const kept: Fragment[] = [];
    for (const fragment of batch) {
      const length = codePointsEnd(fragment.text, left);
      left -= length.count;
      if (left > 0) {
        kept.push(fragment);
        continue;
      }
      kept.push({ text: fragment.text.slice(0, length.end), end: true });
      yield kept;
      return;
    }
    yield kept;
  }
}

/** Index after the first `limit` code points of a text, and their number. */
function codePointsEnd(text: string, limit: number): { end: number; count: number } {
  let count = 0;
  let i = 0;
  while (i < text.length && count < limit) {
    const unit = text.charCodeAt(i);
    const next = text.charCodeAt(i + 1);
    i += unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000 ? 2 : 1;
    count++;
  }
  return { end: i, count };
}
