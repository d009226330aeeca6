// Plain text with a separator between documents.
import { fileText, type Tally } from './file-bytes.js';
import type { Fragment } from './fragments.js';

/**
 * Yields the documents of a plain text file; long ones in several fragments, cut between characters. White space
 * next to a separator is removed, at the start and end of the file it is kept.
 */
export async function* textFragments(
  path: string,
  separator: string,
  tally: Tally,
  signal?: AbortSignal,
): AsyncGenerator<Fragment[]> {
  let held = '';
  let begun = false; // whether a fragment of the current document has been yielded
  let afterSeparator = false;
  for await (const chunk of fileText(path, tally, signal)) {
    const batch: Fragment[] = [];
    // The held text may contain the start of a separator.
    const searchFrom = separator === '' ? 0 : Math.max(0, held.length - separator.length + 1);
    let text = held + chunk;
    let from = 0;
    let at = separator === '' ? -1 : text.indexOf(separator, searchFrom);
    for (; at >= 0; at = text.indexOf(separator, from)) {
      let document = text.slice(from, at).trimEnd();
      if (!begun && afterSeparator) document = document.trimStart();
      if (begun || document.trim() !== '') batch.push({ text: document, end: true });
      begun = false;
      afterSeparator = true;
      from = at + separator.length;
    }
    text = text.slice(from);
    if (!begun && afterSeparator) text = text.trimStart();
    // Hold back a possible start of a separator and the white space before it.
    const certain = text.slice(0, text.length - separator.length + 1).trimEnd();
    // Short remainders wait for the next chunk, so that most documents are one fragment.
    const cut = certain.length > MAX_HELD ? wholeCharacters(certain) : 0;
    if (cut > 0) {
      batch.push({ text: text.slice(0, cut), end: false });
      begun = true;
    }
    held = text.slice(cut);
    if (batch.length > 0) yield batch;
  }
  const rest = afterSeparator && !begun ? held.trimStart() : held;
  if (begun || rest.trim() !== '') yield [{ text: rest, end: true }];
}

const MAX_HELD = 1 << 20;

/** Length of a text without a high surrogate at its end. */
function wholeCharacters(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
}
