// The text to evaluate a model on: the one of `--text`, or the validation text of its run.
import { RunFolder } from '@lilformer/checkpoints';
import {
  arraySource,
  corpusText,
  encodeCorpus,
  makeWindows,
  openCorpus,
  splitTokens,
  type Corpus,
  type TokenSource,
} from '@lilformer/datasets';
import type { TokenizedText } from '@lilformer/evaluation';
import type { LoadedModel } from '@lilformer/models';
import type { Tokenizer } from '@lilformer/tokenizers';
import { corpusProgress } from './corpus-progress.js';
import { resolveUserPath } from './paths.js';
import { flag, fraction, integer, text, type FlagValues } from './flags/flag.js';
import type { Terminal } from './output/terminal.js';

/** Flags that choose a text. */
export const textFlags = {
  text: flag(
    {
      group: 'Text',
      value: 'NAME|FILE',
      help: 'text to evaluate on: `stories`, `tiny-shakespeare`, `tinystories`, or a file; default: the validation text of the run',
    },
    text().optional(),
  ),
  split: flag(
    {
      group: 'Text',
      value: 'FRACTION',
      help: 'evaluate on the part of --text after this fraction; default: all of it',
    },
    fraction().optional(),
  ),
  separator: flag(
    {
      group: 'Text',
      value: 'TEXT',
      help: 'separates the documents of --text; `none` for one document',
    },
    text().default('<|endoftext|>'),
  ),
  textTokens: flag(
    { group: 'Text', value: 'N', help: 'evaluate on the first N tokens only; 0: all' },
    integer(0).default(0),
  ),
};

export type TextFlags = FlagValues<typeof textFlags>;

/** A text encoded by a model's tokenizer. */
export interface EvaluationText {
  readonly source: TokenSource;
  /** The text that `source` is part of, for bits per character. */
  readonly tokenized: TokenizedText;
  readonly description: string;
}

/** The part of a run's config.json that concerns its text. */
interface TextConfig {
  readonly settings: {
    readonly contextLength: number;
    readonly split: number;
    readonly splitBy: 'tokens' | 'windows';
  };
  readonly corpus: Corpus;
}

/**
 * The text of `--text`, or the validation text of the model's run; undefined without either.
 * @throws Error when the text of `--text` is not found
 */
export async function evaluationText(
  model: LoadedModel['source'],
  tokenizer: Tokenizer,
  flags: TextFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<EvaluationText | undefined> {
  const task = { signal, onProgress: corpusProgress(terminal) };
  if (flags.text !== undefined) {
    const corpus = await givenCorpus(flags.text, flags, terminal, signal);
    // A named text may have a validation text of its own.
    const text = corpus.valid ?? corpus.train;
    const { train: all } = await encodeCorpus({ train: text }, tokenizer, task);
    const source = flags.split === undefined ? all : splitTokens(all, flags.split)[1];
    const tokenized = { text: await corpusText(text, signal), tokens: all.length };
    const description = flags.split === undefined ? flags.text : `${flags.text} after ${100 * flags.split} %`;
    return truncate({ source, tokenized, description }, flags);
  }
  const config = await textConfigOf(model);
  if (!config) return undefined;
  const { settings, corpus } = config;
  const tokens = await encodeCorpus(corpus, tokenizer, task);
  const text = await corpusText(corpus.valid ?? corpus.train, signal);
  const tokenized = { text, tokens: (tokens.valid ?? tokens.train).length };
  const source = tokens.valid ?? validationPart(settings, tokens.train);
  return truncate({ source, tokenized, description: 'the validation text of its run' }, flags);
}

/** The text of `--text`. @throws Error when it is not found */
export async function givenCorpus(
  data: string,
  { separator }: Pick<TextFlags, 'separator'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Corpus> {
  const task = { signal, onProgress: corpusProgress(terminal) };
  try {
    return await openCorpus({ data, separator, baseFolder: resolveUserPath('.') }, task);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(/^data:/, '--text:');
    throw error;
  }
}

/** The validation part of a training text. */
function validationPart(settings: TextConfig['settings'], source: TokenSource): TokenSource {
  if (settings.splitBy === 'tokens') return splitTokens(source, settings.split)[1];
  const { contextLength, split, splitBy } = settings;
  const { train } = makeWindows({ contextLength, split, splitBy }, { train: source });
  // Windows start one token apart, so the first validation window starts after as many tokens as there are training windows.
  return arraySource(source.read(train.count, source.length - train.count));
}

function truncate(text: EvaluationText, { textTokens }: TextFlags): EvaluationText {
  if (textTokens === 0 || textTokens >= text.source.length) return text;
  return {
    ...text,
    source: arraySource(text.source.read(0, textTokens)),
    description: `the first ${textTokens.toLocaleString('en-US')} tokens of ${text.description}`,
  };
}

async function textConfigOf({ kind, path }: LoadedModel['source']): Promise<TextConfig | undefined> {
  if (kind !== 'run') return undefined;
  const folder = await RunFolder.open(path);
  await folder.close();
  const config = folder.config as Partial<TextConfig> | null;
  return config?.settings && config.corpus ? (config as TextConfig) : undefined;
}
