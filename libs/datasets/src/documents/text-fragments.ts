// Plain text with a separator between documents.
import { MAX_BATCH, type Fragment } from './fragments.js';

/**
 * Yields the documents of a plain text; long ones in several fragments, cut between characters. White space next to a
 * separator is removed, at the start and end of the text it is kept.
 *
 * @param chunks the text, cut anywhere between characters
 * @param separator between documents; the empty string makes the text one document
 */
export async function* textFragments(
  chunks: AsyncIterable<string> | Iterable<string>,
  separator: string,
): AsyncGenerator<Fragment[]> {
  let held = '';
  /** White space of the current document before `held`, which a separator after it would remove. */
  const space = new HeldSpace();
  let begun = false; // whether a fragment of the current document has been yielded
  let afterSeparator = false;
  for await (const chunk of chunks) {
    const batch: Fragment[] = [];
    // The held text may contain the start of a separator.
    const searchFrom = separator === '' ? 0 : Math.max(0, held.length - separator.length + 1);
    let text = held + chunk;
    let from = 0;
    let at = separator === '' ? -1 : text.indexOf(separator, searchFrom);
    for (; at >= 0; at = text.indexOf(separator, from)) {
      let document = text.slice(from, at).trimEnd();
      if (!begun && afterSeparator) document = document.trimStart();
      if (document !== '') space.moveTo(batch);
      if (begun || document !== '') batch.push({ text: document, end: true });
      space.clear();
      begun = false;
      afterSeparator = true;
      from = at + separator.length;
      if (batch.length >= MAX_BATCH) yield batch.splice(0);
    }
    text = text.slice(from);
    if (!begun && afterSeparator) text = text.trimStart();
    // Hold back a possible start of a separator and the white space before it.
    const possible = Math.max(0, text.length - Math.max(0, separator.length - 1));
    const certain = text.slice(0, possible).trimEnd();
    // Short remainders wait for the next chunk, so that most documents are one fragment.
    let cut = 0;
    if (possible > MAX_HELD && certain === '') {
      cut = possible;
      space.add(text.slice(0, cut));
    } else if (possible > MAX_HELD) {
      cut = wholeCharacters(certain);
      space.moveTo(batch);
      batch.push({ text: text.slice(0, cut), end: false });
      begun = true;
    }
    held = text.slice(cut);
    if (batch.length > 0) yield batch;
  }
  const rest = afterSeparator && !begun ? held.trimStart() : held;
  if (!begun && rest.trim() === '') return;
  const batch: Fragment[] = [];
  space.moveTo(batch);
  yield [...batch, { text: rest, end: true }];
}

/** Long white space, of which equal parts are kept once: it can be longer than memory. */
class HeldSpace {
  readonly #parts: string[] = [];
  readonly #distinct = new Map<string, string>();

  add(text: string): void {
    const known = this.#distinct.get(text) ?? text;
    this.#distinct.set(known, known);
    this.#parts.push(known);
  }

  /** Moves the parts to a batch. */
  moveTo(batch: Fragment[]): void {
    for (const text of this.#parts) batch.push({ text, end: false });
    this.clear();
  }

  clear(): void {
    if (this.#parts.length === 0) return;
    this.#parts.length = 0;
    this.#distinct.clear();
  }
}

const MAX_HELD = 1 << 20;

/** Length of a text without a high surrogate at its end. */
function wholeCharacters(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
}
