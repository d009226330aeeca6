// Recurrent networks and a nanoGPT-like transformer on the characters of TinyStories, first on 20 characters at a time,
// then on 100. Sizes, lengths, steps, optimizer, seed and the way of sampling are the notebook's; it looks at the
// training loss alone, so the evaluations are ours. Its last run of the one-layer transformer asks for 15,000 steps and
// ends with the text, after 3,124.
import type { Settings } from '../settings.js';
import { family } from './preset.js';

/** One update a step with plain Adam: nothing is clipped, decayed or scheduled. */
const SHARED: Partial<Settings> = {
  data: 'tinystories',
  maxChars: 10_000_000,
  tokenizer: 'char',
  unkToken: 'none',
  embedSize: 64,
  hiddenSize: 256,
  dModel: 128,
  heads: 4,
  windows: 'chunks',
  batchSize: 32,
  optimizer: 'adam',
  lr: 1e-3,
  weightDecay: 0,
  clip: 0,
  schedule: 'constant',
  warmup: 0,
  minLr: 0,
  evalEvery: 500,
  evalBatches: 50,
  seed: 2025,
  start: 'random',
  sampleTokens: 99, // a hundred with the first
  temperature: 1,
};

const SHORT = { context: 20, maxSteps: 2000 } as const;
const LONG = { context: 100, maxSteps: 3000 } as const;
/** The notebook's GRU takes the likeliest character always. */
const GREEDY = { temperature: 0 } as const;

export const RECURRENT = family(SHARED, {
  'recurrent/rnn': ['a simple RNN, 20 characters', { model: 'simple-rnn', ...SHORT }],
  'recurrent/rnn-2': ['RNN of 2 layers, 20 characters', { model: 'multi-layer-rnn', layers: 2, ...SHORT }],
  'recurrent/rnn-3': ['RNN of 3 layers, 20 characters', { model: 'multi-layer-rnn', layers: 3, ...SHORT }],
  'recurrent/rnn-4': ['RNN of 4 layers, 20 characters', { model: 'multi-layer-rnn', layers: 4, ...SHORT }],
  'recurrent/gru': ['GRU, 20 characters', { model: 'gru', ...SHORT, ...GREEDY }],
  'recurrent/rnn-long': ['a simple RNN, 100 characters', { model: 'simple-rnn', ...LONG }],
  'recurrent/gru-long': ['GRU, 100 characters', { model: 'gru', ...LONG, ...GREEDY }],
  'recurrent/gru-small': [
    'GRU with embedding 32 and state 192, 100 characters',
    { model: 'gru', embedSize: 32, hiddenSize: 192, ...LONG, ...GREEDY },
  ],
  'recurrent/transformer': [
    'nanoGPT-like transformer of 1 layer, 100 characters',
    { model: 'tied-transformer', layers: 1, ...LONG, maxSteps: 3124, sampleTokens: 100 },
  ],
  'recurrent/transformer-8': [
    'nanoGPT-like transformer of 8 layers, 100 characters',
    { model: 'tied-transformer', layers: 8, ...LONG, sampleTokens: 100 },
  ],
});
