// The eight stages of the notebook and a ninth with a trained router: names, files, and the notebook's perplexities.
export interface Stage {
  /** Name of its run folder. */
  readonly run: string;
  /** File name in the notebook, without extension. */
  readonly file: string;
  readonly name: string;
  /** What it adds to the previous stage. */
  readonly adds: string;
  /** Perplexity printed by the notebook, which does not name its text. */
  readonly notebook?: number;
  /** How its router is trained, for stages with experts. */
  readonly router?: string;
  /** Not one of the eight: shown only when present. */
  readonly extra?: true;
}

export const STAGES: readonly Stage[] = [
  {
    run: '03-bigram',
    file: '03_bigram',
    name: '03: Bigram',
    adds: 'an embedding and an output projection: the next token from the current one',
    notebook: 35.8,
  },
  {
    run: '04-attention',
    file: '04_attention',
    name: '04: + Attention',
    adds: 'one causal attention head, without positions',
    notebook: 25.0,
  },
  {
    run: '05-position',
    file: '05_positional',
    name: '05: + Position',
    adds: 'learned position embeddings',
    notebook: 17.7,
  },
  {
    run: '06-ffn',
    file: '06_ffn',
    name: '06: + FFN',
    adds: 'a feed-forward network',
    notebook: 13.4,
  },
  {
    run: '07-residual',
    file: '07_transformer_block',
    name: '07: + Residual',
    adds: 'residual connections and layer norm',
    notebook: 10.9,
  },
  {
    run: '08-stacked',
    file: '08_stacked',
    name: '08: + 2 Blocks',
    adds: 'a second block',
    notebook: 8.7,
  },
  {
    run: '09-multihead',
    file: '09_multihead',
    name: '09: + 2 Heads',
    adds: 'two heads of half the size instead of one',
    notebook: 8.3,
  },
  {
    run: '10-moe',
    file: '10_moe',
    name: '10: + MoE',
    adds: 'two feed-forward experts; a router picks one per token',
    router: 'The router picks the most likely expert and gets no gradient, as in the notebook.',
    notebook: 8.1,
  },
  {
    run: 'trained-router',
    file: 'trained_router',
    name: '10: router trained',
    adds: 'expert outputs multiplied by the router probability, which gives the router a gradient',
    router: 'The router gets a gradient.',
    extra: true,
  },
];

/** The notebook's prompts. */
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
