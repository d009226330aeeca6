// Recurrent networks and a transformer on the characters of TinyStories, with 20 and 100 characters of context. Sizes,
// lengths, steps, optimizer, seed and sampling are the notebook's; it reports the training loss alone, so the evaluations
// are chosen here. The one-layer transformer has 15,000 steps there and ends with the text, after 3,124.
import { family } from './preset.js';

/** Plain Adam without clipping, weight decay or schedule. */
const SHARED = {
  data: 'tinystories',
  maxChars: 10_000_000,
  tokenizer: 'char',
  unkToken: 'none',
  windows: 'chunks',
  batchSize: 32,
  optimizer: 'adam',
  learningRate: 1e-3,
  weightDecay: 0,
  maxGradNorm: 0,
  schedule: 'constant',
  evalEvery: 500,
  evalBatches: 50,
  seed: 2025,
  randomStart: true,
  sampleTokens: 99, // a hundred with the first
  temperature: 1,
} as const;

const RECURRENT_SIZES = { embedSize: 64, hiddenSize: 256 };
const TRANSFORMER = { model: 'tied-transformer', dModel: 128, nHeads: 4 };

const SHORT = { contextLength: 20, maxSteps: 2000 } as const;
const LONG = { contextLength: 100, maxSteps: 3000 } as const;
/** The notebook's GRU samples greedily. */
const GREEDY = { temperature: 0 } as const;

export const RECURRENT = family(SHARED, {
  'recurrent/rnn': ['a simple RNN, 20 characters', { model: 'simple-rnn', ...RECURRENT_SIZES, ...SHORT }],
  'recurrent/rnn-2': [
    'RNN of 2 layers, 20 characters',
    { model: 'multi-layer-rnn', ...RECURRENT_SIZES, nLayers: 2, ...SHORT },
  ],
  'recurrent/rnn-3': [
    'RNN of 3 layers, 20 characters',
    { model: 'multi-layer-rnn', ...RECURRENT_SIZES, nLayers: 3, ...SHORT },
  ],
  'recurrent/rnn-4': [
    'RNN of 4 layers, 20 characters',
    { model: 'multi-layer-rnn', ...RECURRENT_SIZES, nLayers: 4, ...SHORT },
  ],
  'recurrent/gru': ['GRU, 20 characters', { model: 'gru', ...RECURRENT_SIZES, ...SHORT, ...GREEDY }],
  'recurrent/rnn-long': [
    'a simple RNN, 100 characters',
    { model: 'simple-rnn', ...RECURRENT_SIZES, ...LONG },
  ],
  'recurrent/gru-long': ['GRU, 100 characters', { model: 'gru', ...RECURRENT_SIZES, ...LONG, ...GREEDY }],
  'recurrent/gru-small': [
    'GRU with embedding 32 and state 192, 100 characters',
    { model: 'gru', embedSize: 32, hiddenSize: 192, ...LONG, ...GREEDY },
  ],
  'recurrent/transformer': [
    'nanoGPT-like transformer of 1 layer, 100 characters',
    { ...TRANSFORMER, nLayers: 1, ...LONG, maxSteps: 3124, sampleTokens: 100 },
  ],
  'recurrent/transformer-8': [
    'nanoGPT-like transformer of 8 layers, 100 characters',
    { ...TRANSFORMER, nLayers: 8, ...LONG, sampleTokens: 100 },
  ],
});
