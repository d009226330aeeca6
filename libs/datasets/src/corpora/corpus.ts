// The text that a model is trained and validated on, as plain JSON, and the documents in it.
import { readDocuments } from '#corpus-files';
import { stories } from '@lilformer/stories';
import { checkOptionNames } from '@lilformer/tokenizers';
import { joinFragments, type ReadOptions } from '../documents/fragments.js';
import { textFragments } from '../documents/text-fragments.js';
import type { Progress } from '../progress.js';

/** One part of a corpus: files and how to read them, stories to generate, or text in memory. Plain JSON. */
export type CorpusPart =
  | { readonly kind: 'files'; readonly files: readonly string[]; readonly read: ReadOptions }
  | {
      readonly kind: 'stories';
      readonly seed: number;
      readonly bytes: number;
      readonly side: 'train' | 'valid';
    }
  | { readonly kind: 'text'; readonly text: string; readonly separator: string };

/** A training text and, where there is one, a separate validation text. Plain JSON. */
export interface Corpus {
  readonly train: CorpusPart;
  readonly valid?: CorpusPart | undefined;
}

/** Progress of opening or encoding a corpus, or of creating its tokenizer. */
export type CorpusProgress =
  | ({ step: 'download'; corpus: string } & Progress)
  | { step: 'tokenizer'; phase: 'count' | 'merge'; done: number; total?: number }
  /** Share of the training text's GPT-2 tokens that a compact vocabulary lacks. */
  | { step: 'tokenizer'; phase: 'coverage'; unknownShare: number }
  | ({ step: 'encode'; tokens: number } & Progress);

export interface CorpusTask {
  signal?: AbortSignal;
  onProgress?: (progress: CorpusProgress) => void;
}

/** Names of the options of a task. */
export const TASK_NAMES = Object.keys({
  signal: true,
  onProgress: true,
} satisfies Record<keyof CorpusTask, true>);

/** Options of {@link storiesCorpus}. */
export interface StoriesCorpusOptions {
  /** Size in bytes, training and validation together. Default 3,000,000. */
  bytes?: number;
  /** Share that is training text. Default 0.9. */
  split?: number;
  /** Default 42. */
  seed?: number;
}

/** A corpus of generated stories. */
export function storiesCorpus(options: StoriesCorpusOptions = {}): Corpus {
  checkOptionNames(options, ['bytes', 'split', 'seed']);
  const { bytes = 3_000_000, split = 0.9, seed = 42 } = options;
  const part = (side: 'train' | 'valid', share: number): CorpusPart => ({
    ...{ kind: 'stories', seed, side },
    bytes: Math.round(bytes * share),
  });
  return { train: part('train', split), valid: part('valid', 1 - split) };
}

/**
 * A corpus of text in memory.
 *
 * @param options.valid the validation text; without it a share of the training text is used
 * @param options.separator between documents, removed with white space next to it. Default `<|endoftext|>`; the empty string
 *   makes the text one document
 */
export function textCorpus(text: string, options: { valid?: string; separator?: string } = {}): Corpus {
  checkOptionNames(options, ['valid', 'separator']);
  const { valid, separator = '<|endoftext|>' } = options;
  const part = (text: string): CorpusPart => ({ kind: 'text', text, separator });
  return { train: part(text), valid: valid === undefined ? undefined : part(valid) };
}

/** Yields the documents of a part of a corpus. The two sides of generated stories have different seeds. */
export async function* partDocuments(part: CorpusPart, signal?: AbortSignal): AsyncGenerator<string> {
  if (part.kind === 'files') yield* readDocuments(part.files, { ...part.read, signal });
  else if (part.kind === 'text') yield* joinFragments(textFragments([part.text], part.separator), 'text');
  else yield* stories({ seed: `${part.seed}/${part.side}`, bytes: part.bytes });
}

/** Reads a part of a corpus as one string, with a line break between documents. */
export async function corpusText(part: CorpusPart, signal?: AbortSignal): Promise<string> {
  const documents: string[] = [];
  for await (const document of partDocuments(part, signal)) documents.push(document);
  return documents.join('\n');
}
