// The text that a trained model is measured on: the one that its run was validated on, or one that is given.
import { stat } from 'node:fs/promises';
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
import type { Tokenizer } from '@lilformer/tokenizers';
import { corpusProgress } from './corpus-progress.js';
import { fromWhereTheyStand } from './paths.js';
import { flag, share, text, whole, type FlagValues } from './schema.js';
import type { Terminal } from './terminal.js';

/** Flags that name a text. */
export const textFlags = {
  text: flag(
    {
      group: 'Text',
      value: 'NAME|FILE',
      help: "text to measure on: `stories`, `tiny-shakespeare`, `tinystories`, or a file; without it the run's own validation text",
    },
    text().optional(),
  ),
  split: flag(
    {
      group: 'Text',
      value: 'SHARE',
      help: 'of --text take what comes after this share; without it all of it',
    },
    share().optional(),
  ),
  separator: flag(
    {
      group: 'Text',
      value: 'TEXT',
      help: 'what stands between two documents of --text; `none` for one document',
    },
    text().default('<|endoftext|>'),
  ),
  textTokens: flag(
    { group: 'Text', value: 'N', help: 'measure on no more than the first N tokens; 0: all' },
    whole(0).default(0),
  ),
};

export type TextFlags = FlagValues<typeof textFlags>;

/** A text as a model's tokenizer sees it. */
export interface MeasuredText {
  readonly source: TokenSource;
  /** The text, or one that it is a part of, for bits a character. */
  readonly tokenized: TokenizedText;
  /** What it is, in words. */
  readonly description: string;
}

/** What the trainer writes into config.json, as far as its text is concerned. */
interface TextConfig {
  readonly settings: {
    readonly context: number;
    readonly split: number;
    readonly splitBy: 'tokens' | 'windows';
  };
  readonly corpus: Corpus;
}

/**
 * The text to measure the model at `path` on; `undefined` when none is given and it is no run that knows one.
 * @throws Error when there is no such text
 */
export async function measuredText(
  path: string,
  tokenizer: Tokenizer,
  flags: TextFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<MeasuredText | undefined> {
  const task = { signal, onProgress: corpusProgress(terminal) };
  if (flags.text !== undefined) {
    const corpus = await givenCorpus(flags.text, flags, terminal, signal);
    // A text that is known by name may have a validation text of its own.
    const text = corpus.valid ?? corpus.train;
    const { train: all } = await encodeCorpus({ train: text }, tokenizer, task);
    const source = flags.split === undefined ? all : splitTokens(all, flags.split)[1];
    const tokenized = { text: await corpusText(text, signal), tokens: all.length };
    const description = flags.split === undefined ? flags.text : `${flags.text} after ${100 * flags.split} %`;
    return cut({ source, tokenized, description }, flags);
  }
  const config = await textConfigOf(path);
  if (!config) return undefined;
  const { settings, corpus } = config;
  const tokens = await encodeCorpus(corpus, tokenizer, task);
  const text = await corpusText(corpus.valid ?? corpus.train, signal);
  const tokenized = { text, tokens: (tokens.valid ?? tokens.train).length };
  const source = tokens.valid ?? heldOut(settings, tokens.train);
  return cut({ source, tokenized, description: 'the validation text of its run' }, flags);
}

/** The text that `--text` names. @throws Error when there is none */
export async function givenCorpus(
  data: string,
  { separator }: Pick<TextFlags, 'separator'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Corpus> {
  const task = { signal, onProgress: corpusProgress(terminal) };
  try {
    return await openCorpus({ data, separator, baseFolder: fromWhereTheyStand('.') }, task);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(/^data:/, '--text:');
    throw error;
  }
}

/** What was held out of a text that was cut in two. */
function heldOut(settings: TextConfig['settings'], source: TokenSource): TokenSource {
  if (settings.splitBy === 'tokens') return splitTokens(source, settings.split)[1];
  const { train } = makeWindows({ ...settings, contextLength: settings.context }, { train: source });
  // Windows one token apart: those held out begin after as many tokens as there are windows to train on.
  return arraySource(source.read(train.count, source.length - train.count));
}

function cut(text: MeasuredText, { textTokens }: TextFlags): MeasuredText {
  if (textTokens === 0 || textTokens >= text.source.length) return text;
  return {
    ...text,
    source: arraySource(text.source.read(0, textTokens)),
    description: `the first ${textTokens.toLocaleString('en-US')} tokens of ${text.description}`,
  };
}

async function textConfigOf(path: string): Promise<TextConfig | undefined> {
  if (!(await stat(path)).isDirectory()) return undefined;
  const folder = await RunFolder.open(path);
  await folder.close();
  const config = folder.config as Partial<TextConfig> | null;
  return config?.settings && config.corpus ? (config as TextConfig) : undefined;
}
