// Creates a tokenizer from the training text of a corpus, or loads one.
import { loadTokenizer } from '#corpus-files';
import {
  CharTokenizer,
  checkOptionNames,
  CompactBuilder,
  trainBpe,
  type Tokenizer,
} from '@lilformer/tokenizers';
import { partDocuments, TASK_NAMES, type Corpus, type CorpusTask } from '../corpora/corpus.js';

export interface CreateTokenizerOptions {
  /**
   * `char`: characters; `bpe`: byte-level BPE; `bpe-whitespace`: BPE over words and punctuation; `compact-gpt2`: the
   * most frequent GPT-2 tokens. Anything else is a tokenizer file to load.
   */
  tokenizer: string;
  /** Number of entries of `bpe`, `bpe-whitespace` and `compact-gpt2`. */
  vocabSize: number;
  /** Unknown token of `char`; without one (`none`), characters of the validation text are in the vocabulary, too. */
  unkToken?: string;
  /** Folder that a relative path is resolved against. Default: the working directory. */
  baseFolder?: string;
}

const NAMES = Object.keys({
  tokenizer: true,
  vocabSize: true,
  unkToken: true,
  baseFolder: true,
} satisfies Record<keyof CreateTokenizerOptions, true>);

/**
 * Creates the tokenizer that the options name from the training text of a corpus.
 * @throws Error when the text is too small for the vocabulary size, or a file is not a tokenizer
 */
export async function createTokenizer(
  options: CreateTokenizerOptions,
  corpus: Corpus,
  task: CorpusTask = {},
): Promise<Tokenizer> {
  checkOptionNames(options, NAMES);
  checkOptionNames(task, TASK_NAMES);
  const { tokenizer, vocabSize, unkToken = 'none', baseFolder = '.' } = options;
  const { signal, onProgress } = task;
  const documents = partDocuments(corpus.train, signal);
  const bpe = {
    vocabSize,
    onProgress: (progress: { phase: 'count' | 'merge'; done: number; total?: number }) =>
      onProgress?.({ step: 'tokenizer', ...progress }),
  };
  switch (tokenizer) {
    case 'char': {
      const characters = new Set(['\n']); // separates documents
      const collect = async (documents: AsyncIterable<string>) => {
        for await (const document of documents) for (const character of document) characters.add(character);
      };
      await collect(documents);
      const unknownToken = unkToken === 'none' ? undefined : unkToken;
      if (unknownToken === undefined && corpus.valid) await collect(partDocuments(corpus.valid, signal));
      return CharTokenizer.fromText([...characters].join(''), { unknownToken });
    }
    case 'bpe':
      return trainBpe(documents, { ...bpe, preTokenizer: 'byte-level', specialTokens: ['<|endoftext|>'] });
    case 'bpe-whitespace':
      return trainBpe(documents, {
        ...bpe,
        preTokenizer: 'whitespace',
        specialTokens: ['[PAD]', '[UNK]'],
        unkToken: '[UNK]',
      });
    case 'compact-gpt2': {
      onProgress?.({ step: 'tokenizer', phase: 'count', done: 0 });
      const builder = await new CompactBuilder().addCorpus(documents);
      onProgress?.({
        step: 'tokenizer',
        phase: 'coverage',
        unknownShare: builder.unknownAt(vocabSize).share,
      });
      return builder.build(vocabSize);
    }
    default:
      return loadTokenizer(tokenizer, baseFolder);
  }
}
