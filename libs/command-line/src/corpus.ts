// The text of a run: from the built-in stories, a corpus known by name, or a file; the tokenizer made from
// it; and its tokens. What is slow tells how far it has come.
import { stat } from 'node:fs/promises';
import {
  chunkWindows,
  corpusPath,
  encodeCached,
  encodeDocuments,
  readDocuments,
  slidingWindows,
  splitTokens,
  splitWindows,
  type CorpusName,
  type Progress,
  type ReadOptions,
  type TokenSource,
  type Windows,
} from '@lilformer/datasets';
import {
  CharTokenizer,
  CompactBuilder,
  loadTokenizer,
  trainBpe,
  type Tokenizer,
  type TrainBpeProgress,
} from '@lilformer/tokenizers';
import { stories } from '@lilformer/stories';
import { formatDuration, formatRate } from '@lilformer/training';
import { fromWhereTheyStand } from './paths.js';
import type { Terminal } from './terminal.js';

const SEPARATOR = '<|endoftext|>';

/** The names that --data knows beside files, with the corpora they stand for. */
const NAMED: Readonly<Record<string, { train: CorpusName; valid?: CorpusName }>> = {
  'tiny-shakespeare': { train: 'tiny-shakespeare' },
  tinystories: { train: 'tinystories-train', valid: 'tinystories-valid' },
  'tinystories-v2': { train: 'tinystories-v2-train', valid: 'tinystories-v2-valid' },
};

/** Where one side of the text is: files, or stories that are made when they are wanted. */
export type Text =
  | { readonly kind: 'files'; readonly files: readonly string[]; readonly read: ReadOptions }
  | {
      readonly kind: 'stories';
      readonly seed: number;
      readonly bytes: number;
      readonly side: 'train' | 'valid';
    };

/** Which text. */
export interface CorpusSettings {
  /** `stories`, a corpus known by name, or a file. */
  readonly data: string;
  readonly valid?: string | undefined;
  readonly split: number;
  readonly separator: string;
  readonly field: string;
  readonly maxChars: number;
  readonly storyBytes: number;
  readonly seed: number;
}

/** Which tokenizer. */
export interface TokenizerSettings {
  /** A kind of tokenizer that is made from the text, or a file. */
  readonly tokenizer: string;
  readonly vocabSize: number;
  readonly unkToken: string;
}

/** How the tokens are cut into windows. */
export interface WindowSettings {
  readonly split: number;
  readonly splitBy: 'tokens' | 'windows';
  readonly context: number;
  readonly windows: 'random' | 'sliding' | 'chunks';
  readonly evalBatches: number;
}

/** The text of a run. Without a validation text, a share of the training text is held out. */
export interface Corpus {
  readonly train: Text;
  readonly valid: Text | undefined;
}

/** Finds the text that the settings name, downloading it if it has to. @throws Error saying what to do */
export async function findCorpus(
  settings: CorpusSettings,
  terminal: Terminal,
  signal: AbortSignal,
  flag = '--data',
): Promise<Corpus> {
  const read = (maxCharacters?: number): ReadOptions => ({
    separator: settings.separator === 'none' ? '' : settings.separator,
    field: settings.field,
    column: settings.field,
    maxCharacters,
  });
  const files = (path: string, maxCharacters?: number): Text => ({
    kind: 'files',
    files: [path],
    read: read(maxCharacters),
  });
  const limit = settings.maxChars > 0 ? settings.maxChars : undefined;
  const given = settings.valid === undefined ? undefined : await existing('--valid', settings.valid);

  if (settings.data === 'stories') {
    const bytes = settings.storyBytes;
    const made = (side: 'train' | 'valid', share: number): Text => ({
      kind: 'stories',
      seed: settings.seed,
      bytes: Math.round(bytes * share),
      side,
    });
    const valid = given ? files(given) : made('valid', 1 - settings.split);
    return { train: made('train', settings.split), valid };
  }
  const named = Object.hasOwn(NAMED, settings.data) ? NAMED[settings.data] : undefined;
  if (named) {
    const fetched = async (name: CorpusName) => {
      const onProgress = (progress: Progress) =>
        terminal.progress(`fetching ${name} | ${bytesLine(progress)}`);
      return corpusPath(name, { signal, onProgress });
    };
    const train = files(await fetched(named.train), limit);
    const valid = given ?? (named.valid && (await fetched(named.valid)));
    return { train, valid: valid === undefined ? undefined : files(valid) };
  }
  const train = await existing(flag, settings.data);
  return { train: files(train, limit), valid: given === undefined ? undefined : files(given) };
}

async function existing(flag: string, path: string): Promise<string> {
  const absolute = fromWhereTheyStand(path);
  try {
    await stat(absolute);
  } catch (error) {
    const names = flag !== '--valid' ? `, or one of stories, ${Object.keys(NAMED).join(', ')}` : '';
    throw new Error(`${flag} ${path}: expected a file${names}; there is none at ${absolute}`, {
      cause: error,
    });
  }
  return absolute;
}

/** All of a text, a line break between two documents. */
export async function wholeText(text: Text, signal: AbortSignal): Promise<string> {
  const all: string[] = [];
  for await (const document of documents(text, signal)) all.push(document);
  return all.join('\n');
}

/** The documents of a text, one after the other. */
async function* documents(text: Text, signal: AbortSignal): AsyncGenerator<string> {
  if (text.kind === 'files') yield* readDocuments(text.files, { ...text.read, signal });
  else yield* made(text);
}

/** The built-in stories of one side: the two sides draw from different seeds. */
function made({ seed, bytes, side }: Extract<Text, { kind: 'stories' }>): Iterable<string> {
  return stories({ seed: `${seed}/${side}`, bytes });
}

/** Loads the tokenizer that the settings name, or makes it from the training text. */
export async function makeTokenizer(
  settings: TokenizerSettings,
  corpus: Corpus,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Tokenizer> {
  const { tokenizer: kind, vocabSize } = settings;
  const text = documents(corpus.train, signal);
  const onProgress = ({ phase, done, total }: TrainBpeProgress) => {
    const what = phase === 'count' ? 'counting words' : 'learning merges';
    const of = total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`;
    terminal.progress(`tokenizer | ${what} | ${done.toLocaleString('en-US')}${of}`);
  };
  switch (kind) {
    case 'char': {
      const characters = new Set(['\n']); // stands between two documents
      const collect = async (documents: AsyncIterable<string>) => {
        for await (const document of documents) for (const character of document) characters.add(character);
      };
      await collect(text);
      // With a token for it, a character that only validation has is unknown.
      const unknownToken = settings.unkToken === 'none' ? undefined : settings.unkToken;
      if (unknownToken === undefined && corpus.valid) await collect(documents(corpus.valid, signal));
      return CharTokenizer.fromText([...characters].join(''), { unknownToken });
    }
    case 'bpe':
      return trainBpe(text, {
        vocabSize,
        preTokenizer: 'byte-level',
        specialTokens: [SEPARATOR],
        onProgress,
      });
    case 'bpe-whitespace':
      return trainBpe(text, {
        vocabSize,
        preTokenizer: 'whitespace',
        specialTokens: ['[PAD]', '[UNK]'],
        unkToken: '[UNK]',
        onProgress,
      });
    case 'compact-gpt2':
      return compact(text, vocabSize, terminal);
    default:
      return loadTokenizer(fromWhereTheyStand(kind));
  }
}

async function compact(
  text: AsyncIterable<string>,
  vocabSize: number,
  terminal: Terminal,
): Promise<Tokenizer> {
  terminal.progress('tokenizer | counting GPT-2 tokens');
  const builder = await new CompactBuilder().addCorpus(text);
  const { share } = builder.unknownAt(vocabSize);
  terminal.print(
    `Tokenizer: ${(100 * share).toFixed(2)} % of the training text's GPT-2 tokens are outside of it`,
  );
  return builder.build(vocabSize);
}

/** Tokens of the two sides, in memory or in files read in place. */
export async function encodeCorpus(
  corpus: Corpus,
  tokenizer: Tokenizer,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ train: TokenSource; valid: TokenSource | undefined }> {
  const encode = async (text: Text): Promise<TokenSource> => {
    if (text.kind === 'stories') return encodeDocuments(tokenizer, made(text));
    return encodeCached({ files: text.files, ...text.read }, tokenizer, {
      signal,
      onProgress: (progress) =>
        terminal.progress(
          `encoding | ${bytesLine(progress)} | ${progress.tokens.toLocaleString('en-US')} tokens`,
        ),
    });
  };
  return { train: await encode(corpus.train), valid: corpus.valid && (await encode(corpus.valid)) };
}

/** Windows to train on and to evaluate on. @throws RangeError when there is less text than one window */
export function makeWindows(
  settings: WindowSettings,
  tokens: { train: TokenSource; valid: TokenSource | undefined },
): { train: Windows; validation: Windows } {
  const { context, split } = settings;
  const windows = settings.windows === 'chunks' ? chunkWindows : slidingWindows;
  if (tokens.valid) {
    return { train: windows(tokens.train, context), validation: evaluated(settings, tokens.valid) };
  }
  if (settings.splitBy === 'windows') {
    const [train, validation] = splitWindows(slidingWindows(tokens.train, context), split);
    return { train, validation };
  }
  const [train, valid] = splitTokens(tokens.train, split);
  return { train: windows(train, context), validation: evaluated(settings, valid) };
}

/** What an evaluation of the whole text sees: each token once, unless every window is what the recipe asks for. */
function evaluated({ context, splitBy, evalBatches }: WindowSettings, source: TokenSource): Windows {
  const all = splitBy === 'windows' || evalBatches > 0;
  return all ? slidingWindows(source, context) : chunkWindows(source, context);
}

function bytesLine({ bytes, totalBytes, bytesPerSecond, etaSeconds }: Progress): string {
  const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`;
  const of = totalBytes === undefined ? '' : ` of ${megabytes(totalBytes)}`;
  const eta = etaSeconds === undefined ? '' : ` | eta ${formatDuration(etaSeconds)}`;
  return `${megabytes(bytes)}${of} | ${formatRate(bytesPerSecond / 1e6)} MB/s${eta}`;
}
