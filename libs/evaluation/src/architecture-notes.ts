// What follows from the facts of architectures.ts, in words, and both as tables. The words are by kind of model, kind of
// attention and family; which of them a model has is computed.
import type { ArchitectureFacts, ArchitectureKind, AttentionKind } from './architectures.js';
import type { Table } from './table.js';

/** What is to be said of a kind of model. */
export interface KindNotes {
  readonly summary: string;
  readonly advantages: string;
  readonly disadvantages: string;
}

const KINDS: Readonly<Record<ArchitectureKind, KindNotes>> = {
  decoder: {
    summary:
      'One stack that writes. Each place guesses the token that comes next, so a text can be gone on with, one token at a time; there is no separate part that reads.',
    advantages:
      'Every token of a text is a lesson, so it learns from plain text of any kind. One simple stack for prompt and answer; what it has read is kept in a cache, and a token more costs one row.',
    disadvantages:
      'A token never sees what comes after it, which costs understanding of what is already there. Writing is token by token, and what was written is not taken back.',
  },
  encoder: {
    summary:
      'One stack that reads. Every token sees the whole text, so that each gets a vector of what it means there; the first one, through a pooler, can stand for all.',
    advantages:
      'Sees both sides of every word: the deepest understanding for its size, for classifying, finding names, searching and answering from a passage. All places are computed at once.',
    disadvantages:
      'Cannot write: it has learned to fill gaps, not to go on. Only the few masked tokens of a text are lessons, and every task needs a head trained for it.',
  },
  'encoder-decoder': {
    summary:
      'Two stacks. The encoder reads the whole input, the decoder writes the output and looks at what was read; made for turning one text into another of another length, as translation and summaries are.',
    advantages:
      'Reads with both sides of every word and writes freely; input and output can differ in length and language. The input is read once, however long the output.',
    disadvantages:
      'Two stacks to train and run, and a third kind of attention; more to compute for the same number of layers. Needs pairs of texts, or a way of making them.',
  },
};

const ATTENTION: Readonly<Record<AttentionKind, string>> = {
  masked:
    'masked self-attention: a token sees itself and what stands before it. So all places of a text can learn to guess their next token at once without seeing it, and what was computed for a text stays true when it grows: that is what writing token by token rests on.',
  unmasked:
    'unmasked self-attention: a token sees the whole text, before and after itself. So a word is understood from both sides; but the next token could be looked up, so it cannot learn to write this way.',
  cross:
    'cross-attention: the queries are of the text being written, keys and values of the text that was read. So every written token can look at all of the input; it is the only way from encoder to decoder.',
};

const OBJECTIVES: Readonly<Record<string, string>> = {
  gpt2: 'the next token of plain text',
  bert: 'masked tokens, 15 of 100; which sentence is next',
  bart: 'a text of which spans are masked, in its order',
  t5: 'spans that were cut out; tasks, in words',
};

/** What is to be said of a kind of model. */
export function kindNotes(kind: ArchitectureKind): KindNotes {
  return KINDS[kind];
}

/** What a kind of attention is, and what it is for. */
export function attentionNote(kind: AttentionKind): string {
  return ATTENTION[kind];
}

/** The facts of several architectures, a column each. */
export function architectureTable(facts: readonly ArchitectureFacts[], names: readonly string[]): Table {
  const count = (n: number): string => (Number.isFinite(n) ? n.toLocaleString('en-US') : 'no end');
  const row = (name: string, of: (one: ArchitectureFacts) => string): string[] => [name, ...facts.map(of)];
  return {
    headings: ['', ...names],
    rows: [
      row('class', ({ name }) => name),
      row('stacks', ({ kind }) => kind),
      row('layers', ({ layers }) => layers.map(({ stack, count }) => `${count} ${stack}`).join(', ')),
      row('parameters', ({ parameters }) => count(parameters)),
      row('vocabulary', ({ vocabulary }) => count(vocabulary)),
      row('longest text', ({ context }) => count(context)),
      row('width', ({ width }) => count(width)),
      row('heads', ({ heads }) => count(heads)),
      row('feed-forward', ({ inner }) => count(inner)),
      row('attention', ({ attention }) => attention.map(({ where, kind }) => `${where}: ${kind}`).join('; ')),
      row('positions', ({ positions }) => positions),
      row(
        'norms',
        ({ norm, normPlace }) => `${norm}, ${normPlace === 'before' ? 'before each part' : 'after each sum'}`,
      ),
      row('activation', ({ activation }) => activation),
      row('biases', ({ biases }) => (biases ? 'in all maps' : 'none')),
      row('scores', ({ tied, kind }) =>
        tied
          ? 'products with the embeddings'
          : kind === 'encoder'
            ? 'none: vectors come out'
            : 'a map of its own',
      ),
      row('learns to guess', ({ family }) => OBJECTIVES[family] ?? ''),
    ],
  };
}
