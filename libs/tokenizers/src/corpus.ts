// Reads a training corpus: strings, or files in pieces, so that a corpus may be larger than memory. Files are sequences of
// lines, each with its line feed, as in Hugging Face's `train(files)`.
import { fileParts } from '#corpus-files';

/** A text, several texts (each a sequence of its own), or UTF-8 files (each line a sequence of its own). */
export type Corpus = string | Iterable<string> | AsyncIterable<string> | { files: readonly string[] };

/** A part of a corpus. */
export interface CorpusPart {
  text: string;
  /** The text consists of lines of a file, each a sequence; otherwise it is one sequence. */
  lines: boolean;
  /** The last part of its file. */
  endsFile?: boolean;
  /** Bytes (files) or UTF-16 code units (strings) up to the end of this part. */
  done: number;
  /** The same for the whole corpus, where known. */
  total?: number;
}

/**
 * Yields the parts of a corpus.
 *
 * @param mayCutLines a line of many megabytes may be cut before a space that follows a printable ASCII character, where
 *   neither Whitespace nor GPT-2's pattern has a word
 * @throws Error naming the file, and the position of invalid UTF-8
 */
export async function* corpusParts(corpus: Corpus, mayCutLines: boolean): AsyncGenerator<CorpusPart> {
  if (typeof corpus === 'string') {
    yield { text: corpus, lines: false, done: corpus.length, total: corpus.length };
    return;
  }
  if (typeof corpus === 'object' && corpus !== null) {
    if ('files' in corpus && Array.isArray(corpus.files)) {
      yield* fileParts(corpus.files, mayCutLines);
      return;
    }
    if (Symbol.iterator in corpus || Symbol.asyncIterator in corpus) {
      let done = 0;
      let index = 0;
      for await (const text of corpus) {
        if (typeof text !== 'string')
          throw new TypeError(`corpus[${index}] is a ${typeof text}. Expected a string.`);
        done += text.length;
        index++;
        yield { text, lines: false, done };
      }
      return;
    }
  }
  throw new TypeError(
    'corpus: unknown kind. Expected a string, an iterable of strings, or { files: [paths] }.',
  );
}
