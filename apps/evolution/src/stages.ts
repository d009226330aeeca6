// The eight stages, and one more: what they are called, where they may lie, what each adds to the one before, and
// the perplexity that the notebook prints for it (on a text that it does not name).
export interface Stage {
  /** Its run's folder. */
  readonly run: string;
  /** The notebook's file. */
  readonly file: string;
  readonly name: string;
  readonly adds: string;
  /** Its perplexity in the notebook. */
  readonly notebook?: number;
  /** Said of its experts, where it has some. */
  readonly router?: string;
  /** Not one of the eight: shown where it is found, and not missed where it is not. */
  readonly extra?: true;
}

export const STAGES: readonly Stage[] = [
  {
    run: '03-bigram',
    file: '03_bigram',
    name: '03: Bigram',
    adds: 'guesses the next token from the present one alone: a table of pairs, squeezed through the width of the model',
    notebook: 35.8,
  },
  {
    run: '04-attention',
    file: '04_attention',
    name: '04: + Attention',
    adds: 'one attention head: a mean over the tokens before, weighted by what they are, but blind to their order',
    notebook: 25.0,
  },
  {
    run: '05-position',
    file: '05_positional',
    name: '05: + Position',
    adds: 'a learned vector for each place, so that the head can tell the last token from one far back',
    notebook: 17.7,
  },
  {
    run: '06-ffn',
    file: '06_ffn',
    name: '06: + FFN',
    adds: 'a feed-forward network: what was gathered is worked on, not only mixed',
    notebook: 13.4,
  },
  {
    run: '07-residual',
    file: '07_transformer_block',
    name: '07: + Residual',
    adds: 'residuals and layer norm: every part adds to what is there, and gradients pass',
    notebook: 10.9,
  },
  {
    run: '08-stacked',
    file: '08_stacked',
    name: '08: + 2 Blocks',
    adds: 'a second block: attention over what attention has found',
    notebook: 8.7,
  },
  {
    run: '09-multihead',
    file: '09_multihead',
    name: '09: + 2 Heads',
    adds: 'two heads of half the width in place of one: two things can be looked at, for no parameter more',
    notebook: 8.3,
  },
  {
    run: '10-moe',
    file: '10_moe',
    name: '10: + MoE',
    adds: 'two feed-forward networks, of which a router picks one for each token',
    router:
      'The router takes the likeliest expert and passes no gradient, as in the notebook: it stays as it was drawn, and the ' +
      'experts learn to live with its choice.',
    notebook: 8.1,
  },
  {
    run: 'trained-router',
    file: 'trained_router',
    name: '10: router trained',
    adds: 'the same, but what an expert says is weighed by its probability, so that the router learns',
    router: 'This router has a gradient, and learns whom to ask.',
    extra: true,
  },
];

/** The notebook's prompts, in its groups. */
export const PROMPTS = [
  { name: 'Classic prompts', prompts: ['Once upon a time', 'The little girl', 'He was very'] },
  {
    name: 'Story starters',
    prompts: [
      'Once upon a time there was a little girl named Lily. She',
      'The big dog and the small cat were',
      'One sunny day, the children went to the park to',
    ],
  },
  {
    name: 'Prompts that need their context',
    prompts: [
      'Lily had a red ball. She loved to play with her',
      'The boy was sad because his toy was broken. His mom said',
    ],
  },
] as const;
