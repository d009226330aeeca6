// A character GPT on Tiny Shakespeare: one base, and ten runs that each change one thing; then the large model that the
// notebook loads. Every setting of the eleven is the notebook's, attention scaled by the whole width included. The large
// one's training is not in the notebook: its sizes are those of a widely watched lecture (Karpathy, "Let's build GPT"), its
// steps what two cores do in about an hour, at a rate that falls from nanoGPT's for such models.
import type { Settings } from '../settings.js';
import { family } from './preset.js';

const BASE: Partial<Settings> = {
  data: 'tiny-shakespeare',
  separator: 'none',
  tokenizer: 'char',
  unkToken: 'none',
  split: 0.9,
  splitBy: 'tokens',
  model: 'char-gpt',
  dModel: 64,
  heads: 4,
  layers: 4,
  context: 128,
  dropout: 0.1,
  attentionScale: 'width',
  windows: 'random',
  batchSize: 32,
  maxSteps: 3000,
  optimizer: 'adamw',
  lr: 3e-4,
  weightDecay: 0.01,
  clip: 0,
  schedule: 'constant',
  warmup: 0,
  minLr: 0,
  evalEvery: 500,
  evalBatches: 200,
  evalAtStart: 'yes',
  seed: 1337,
  prompt: '\n', // the notebook's id 0
  sampleTokens: 300,
  temperature: 1,
};

export const HYPERPARAMETERS = family(BASE, {
  'hyperparameters/baseline': ['width 64, 4 heads, 4 layers, context 128, dropout 0.1', {}],
  'hyperparameters/heads-1': ['1 head', { heads: 1 }],
  'hyperparameters/heads-8': ['8 heads', { heads: 8 }],
  'hyperparameters/layers-1': ['1 layer', { layers: 1 }],
  'hyperparameters/layers-8': ['8 layers', { layers: 8 }],
  'hyperparameters/width-32': ['width 32', { dModel: 32 }],
  'hyperparameters/width-128': ['width 128', { dModel: 128 }],
  'hyperparameters/dropout-0': ['no dropout', { dropout: 0 }],
  'hyperparameters/dropout-0.3': ['dropout 0.3', { dropout: 0.3 }],
  'hyperparameters/context-32': ['32 characters', { context: 32 }],
  'hyperparameters/context-256': ['256 characters', { context: 256 }],
  'hyperparameters/large': [
    'width 384, 6 heads, 6 layers, context 256, dropout 0.2',
    {
      dModel: 384,
      heads: 6,
      layers: 6,
      context: 256,
      dropout: 0.2,
      maxSteps: 1000,
      lr: 1e-3,
      schedule: 'cosine',
      warmup: 100,
      minLr: 1e-4,
      evalEvery: 200,
      evalBatches: 20,
      sampleTokens: 500,
    },
  ],
});
