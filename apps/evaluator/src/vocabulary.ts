// `vocabulary`: how a tokenizer's vocabulary meets its text: the text's size, the commonest tokens, and which of
// the commonest words are one token.
import {
  displayPath,
  defineCommand,
  flag,
  resolveUserPath,
  corpusProgress,
  givenCorpus,
  saveFigures,
  text,
  textTable,
  integer,
  type Terminal,
} from '@lilformer/command-line';
import { corpusText, createTokenizer } from '@lilformer/datasets';
import { vocabularyStudy } from '@lilformer/evaluation';
import { z } from 'zod';
import { figureFlags } from './flags.js';

export const vocabularyFlags = defineCommand({
  summary: 'Trains a tokenizer on a text, or takes one, and shows how its vocabulary meets the text.',
  examples: [
    'npx nx run evaluator:vocabulary',
    'npx nx run evaluator:vocabulary -- --text my-text.txt --tokenizer bpe --vocab-size 2000',
    'npx nx run evaluator:vocabulary -- --text my-text.txt --tokenizer runs/stories-1/tokenizer.json',
  ],
  flags: z.object({
    text: flag(
      { value: 'NAME|FILE', help: '`tiny-shakespeare`, `tinystories`, `stories`, or a file' },
      text().default('tiny-shakespeare'),
    ),
    separator: flag(
      { value: 'TEXT', help: 'what stands between two documents; `none` for one document' },
      text().default('none'),
    ),
    tokenizer: flag(
      {
        value: 'KIND|FILE',
        help: '`char`, `bpe`, `bpe-whitespace`, `compact-gpt2`, made from the text; or a tokenizer.json',
      },
      text().default('bpe-whitespace'),
    ),
    vocabSize: flag(
      { value: 'N', help: 'entries of a tokenizer made from the text' },
      integer(4, 200_000).default(500),
    ),
    tokens: flag({ value: 'N', help: 'how many of the commonest tokens' }, integer(1).default(20)),
    words: flag({ value: 'N', help: 'how many of the commonest words' }, integer(1).default(100)),
    ...figureFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof vocabularyFlags.parse>>;

export async function vocabulary(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const corpus = await givenCorpus(flags.text, flags, terminal, signal);
  const { vocabSize } = flags;
  const settings = { tokenizer: flags.tokenizer, vocabSize, unkToken: '<unk>' };
  const tokenizer = await createTokenizer({ ...settings, baseFolder: resolveUserPath('.') }, corpus, {
    signal,
    onProgress: corpusProgress(terminal),
  });
  const study = vocabularyStudy(await corpusText(corpus.train, signal), tokenizer, flags);
  const n = (value: number) => value.toLocaleString('en-US');
  terminal.print(
    [
      `Text: ${n(study.characters)} characters (${n(study.bytes)} bytes), ${study.alphabet.length} different ones`,
      `Vocabulary: ${n(study.vocabSize)} entries; the text is ${n(study.tokens)} tokens, ${study.charactersPerToken.toFixed(2)} characters each`,
      `\nThe ${study.topTokens.length} commonest tokens:`,
      textTable({
        headings: ['', 'token', 'times', 'share'],
        rows: study.topTokens.map(({ text, count }, i) => [
          `${i + 1}`,
          JSON.stringify(text).slice(1, -1),
          n(count),
          `${((100 * count) / study.tokens).toFixed(2)} %`,
        ]),
      }),
      `\nOf the ${study.topWords.length} commonest words (in lower case), ${study.captured.length} are one token:`,
      study.captured.join(' '),
      `\n${study.missed.length} are not:`,
      study.missed.join(' ') || '(none)',
    ].join('\n'),
  );
  if (flags.figures === undefined) return;
  const about = `The ${study.topTokens.length} commonest tokens`;
  const { barChart, visibleToken } = await import('@lilformer/plots');
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
  const figure = barChart({
    title: about,
    orientation: 'vertical',
    labels: study.topTokens.map(({ text }) => visibleToken(text)),
    series: [{ values: study.topTokens.map(({ count }) => count) }],
    labelName: 'token',
    valueName: 'occurrences',
    format: (count) => compact.format(count),
  });
  const files = await saveFigures(
    resolveUserPath(flags.figures),
    [{ name: 'tokens', about, figure }],
    flags.format,
  );
  for (const file of files) terminal.print(`figure: ${displayPath(file)}`);
}
