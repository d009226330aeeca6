// Finds the text that a model is trained and validated on: generated stories, a known corpus or a file.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkOptionNames } from '@lilformer/tokenizers';
import { storiesCorpus, TASK_NAMES, type Corpus, type CorpusPart, type CorpusTask } from './corpus.js';
import { corpusPath, type CorpusName } from './known-corpora.js';

/** Values of `data` that stand for known corpora. */
const NAMED: Readonly<Record<string, { train: CorpusName; valid?: CorpusName }>> = {
  'tiny-shakespeare': { train: 'tiny-shakespeare' },
  tinystories: { train: 'tinystories-train', valid: 'tinystories-valid' },
  'tinystories-v2': { train: 'tinystories-v2-train', valid: 'tinystories-v2-valid' },
};

export interface OpenCorpusOptions {
  /** `stories` (generated), `tiny-shakespeare`, `tinystories`, `tinystories-v2`, or a file. */
  data: string;
  /** File with the validation text. Default: that of the corpus, if it has one. */
  valid?: string | undefined;
  /** Share of the generated stories that is training text. Default 0.9. */
  split?: number;
  /** Separator between the documents of a text file; `none` makes the file one document. */
  separator?: string;
  /** Field (JSON lines) or column (Parquet) with the text. Default `text`. */
  field?: string;
  /** Maximum number of characters of the training text. Default 0: all. */
  maxChars?: number;
  /** Size of the generated stories in bytes, training and validation together. Default 3,000,000. */
  storyBytes?: number;
  /** Seed of the generated stories. Default 42. */
  seed?: number;
  /** Folder that relative paths are resolved against. Default: the working directory. */
  baseFolder?: string;
}

const NAMES = Object.keys({
  data: true,
  valid: true,
  split: true,
  separator: true,
  field: true,
  maxChars: true,
  storyBytes: true,
  seed: true,
  baseFolder: true,
} satisfies Record<keyof OpenCorpusOptions, true>);
/**
 * Finds the text that the options name; downloads a known corpus the first time.
 * @throws Error naming the option when a file does not exist or a download fails
 */
export async function openCorpus(options: OpenCorpusOptions, task: CorpusTask = {}): Promise<Corpus> {
  checkOptionNames(options, NAMES);
  checkOptionNames(task, TASK_NAMES);
  const { data, separator, field, split = 0.9, maxChars = 0, storyBytes = 3_000_000, seed = 42 } = options;
  const files = (path: string, maxCharacters?: number): CorpusPart => ({
    kind: 'files',
    files: [path],
    read: { separator: separator === 'none' ? '' : separator, field, column: field, maxCharacters },
  });
  const fetched = (corpus: CorpusName): Promise<string> =>
    corpusPath(corpus, {
      signal: task.signal,
      onProgress: (progress) => task.onProgress?.({ step: 'download', corpus, ...progress }),
    });
  const given =
    options.valid === undefined ? undefined : await existing('valid', options.valid, options.baseFolder);

  if (data === 'stories') {
    const corpus = storiesCorpus({ bytes: storyBytes, split, seed });
    return given ? { ...corpus, valid: files(given) } : corpus;
  }
  const named = Object.hasOwn(NAMED, data) ? NAMED[data] : undefined;
  const train = named ? await fetched(named.train) : await existing('data', data, options.baseFolder);
  const valid = given ?? (named?.valid && (await fetched(named.valid)));
  return {
    train: files(train, maxChars > 0 ? maxChars : undefined),
    valid: valid === undefined ? undefined : files(valid),
  };
}

async function existing(option: 'data' | 'valid', path: string, baseFolder = '.'): Promise<string> {
  const absolute = resolve(baseFolder, path);
  try {
    await stat(absolute);
  } catch (error) {
    const names = option === 'data' ? ` or one of stories, ${Object.keys(NAMED).join(', ')}` : '';
    throw new Error(`${option}: ${path} is not there. Expected a file${names}. Tried ${absolute}`, {
      cause: error,
    });
  }
  return absolute;
}
