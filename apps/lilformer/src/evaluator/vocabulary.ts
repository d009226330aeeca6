// `vocabulary`: vocabulary coverage of a text.
import {
  jsonFlags,
  corpusProgress,
  defineCommand,
  flag,
  givenCorpus,
  integer,
  resolveUserPath,
  text,
  textTable,
  type Terminal,
} from '@lilformer/command-line';
import { corpusText, createTokenizer } from '@lilformer/datasets';
import { vocabularyStudy } from '@lilformer/evaluation';
import { z } from 'zod';
import { figureFlags, writeFigures } from './flags.js';

export const vocabularyFlags = defineCommand({
  summary: 'Trains or loads a tokenizer, and tabulates the most frequent tokens and words of a text.',
  examples: [
    'npx lilformer vocabulary',
    'npx lilformer vocabulary --text my-text.txt --tokenizer bpe --vocab-size 2000',
    'npx lilformer vocabulary --text my-text.txt --tokenizer runs/stories-1/tokenizer.json',
  ],
  flags: z.object({
    text: flag(
      { value: 'NAME|FILE', help: '`tiny-shakespeare`, `tinystories`, `stories`, or a file' },
      text().default('tiny-shakespeare'),
    ),
    separator: flag(
      { value: 'TEXT', help: 'separator of documents in the text; `none` for a single document' },
      text().default('none'),
    ),
    tokenizer: flag(
      {
        value: 'KIND|FILE',
        help: '`char`, `bpe`, `bpe-whitespace` or `compact-gpt2`, trained on the text; or a tokenizer.json',
      },
      text().default('bpe-whitespace'),
    ),
    vocabSize: flag(
      { value: 'N', help: 'vocabulary size of a trained tokenizer; more make longer tokens' },
      integer(4, 200_000).default(500),
    ),
    tokens: flag({ value: 'N', help: 'number of most frequent tokens' }, integer(1).default(20)),
    words: flag({ value: 'N', help: 'number of most frequent words' }, integer(1).default(100)),
    ...figureFlags,
    ...jsonFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof vocabularyFlags.parse>>;

export async function vocabulary(flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const corpus = await givenCorpus(flags.text, flags, terminal, signal);
  const { tokenizer: kind, vocabSize, tokens, words } = flags;
  const settings = { tokenizer: kind, vocabSize, unkToken: '<unk>', baseFolder: resolveUserPath('.') };
  const onProgress = corpusProgress(terminal);
  const tokenizer = await createTokenizer(settings, corpus, { signal, onProgress });
  const study = vocabularyStudy(await corpusText(corpus.train, signal), tokenizer, { tokens, words });
  terminal.json(study);
  const { topTokens, topWords, captured, missed } = study;
  const n = (value: number) => value.toLocaleString('en-US');
  const share = (count: number) => `${((100 * count) / study.tokens).toFixed(2)} %`;
  terminal.print(
    [
      `Text: ${n(study.characters)} characters (${n(study.bytes)} bytes), ${study.alphabet.length} distinct`,
      `Vocabulary: ${n(study.vocabSize)} tokens; the text has ${n(study.tokens)}, ${study.charactersPerToken.toFixed(2)} characters per token`,
      `\nThe ${topTokens.length} most frequent tokens:`,
      textTable({
        headings: ['', 'token', 'count', 'share'],
        rows: topTokens.map(({ text, count }, i) => [
          `${i + 1}`,
          JSON.stringify(text).slice(1, -1),
          n(count),
          share(count),
        ]),
      }),
      `\nOf the ${topWords.length} most frequent words (in lower case), ${captured.length} are one token:`,
      captured.join(' '),
      `\n${missed.length} are not:`,
      missed.join(' ') || '(none)',
    ].join('\n'),
  );
  await writeFigures(
    flags,
    async () => {
      const about = `The ${topTokens.length} most frequent tokens`;
      const { barChart, visibleToken } = await import('@lilformer/plots');
      const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
      const figure = barChart({
        title: about,
        orientation: 'vertical',
        labels: topTokens.map(({ text }) => visibleToken(text)),
        series: [{ values: topTokens.map(({ count }) => count) }],
        labelName: 'token',
        valueName: 'occurrences',
        format: (count) => compact.format(count),
      });
      return [{ name: 'tokens', about, figure }];
    },
    terminal,
  );
}
