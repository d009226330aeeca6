// A character GPT on Tiny Shakespeare: a baseline, ten runs that each change one setting, and the large model that the
// notebook loads. The settings of the eleven are the notebook's, including attention scaled by the whole width. The large
// model has the sizes of Karpathy's lecture "Let's build GPT" and nanoGPT's learning rate; its steps take two cores about an
// hour.
import { family } from './preset.js';

const BASE = {
  data: 'tiny-shakespeare',
  separator: 'none',
  tokenizer: 'char',
  unkToken: 'none',
  split: 0.9,
  splitBy: 'tokens',
  model: 'char-gpt',
  dModel: 64,
  nHeads: 4,
  nLayers: 4,
  contextLength: 128,
  dropout: 0.1,
  attentionScale: 'width',
  windows: 'random',
  batchSize: 32,
  maxSteps: 3000,
  optimizer: 'adamw',
  learningRate: 3e-4,
  weightDecay: 0.01,
  maxGradNorm: 0,
  schedule: 'constant',
  evalEvery: 500,
  evalBatches: 200,
  evalAtStart: true,
  seed: 1337,
  prompt: '\n', // the notebook's id 0
  sampleTokens: 300,
  temperature: 1,
} as const;

export const HYPERPARAMETERS = family(BASE, {
  'hyperparameters/baseline': ['width 64, 4 heads, 4 layers, context 128, dropout 0.1', {}],
  'hyperparameters/heads-1': ['1 head', { nHeads: 1 }],
  'hyperparameters/heads-8': ['8 heads', { nHeads: 8 }],
  'hyperparameters/layers-1': ['1 layer', { nLayers: 1 }],
  'hyperparameters/layers-8': ['8 layers', { nLayers: 8 }],
  'hyperparameters/width-32': ['width 32', { dModel: 32 }],
  'hyperparameters/width-128': ['width 128', { dModel: 128 }],
  'hyperparameters/dropout-0': ['no dropout', { dropout: 0 }],
  'hyperparameters/dropout-0.3': ['dropout 0.3', { dropout: 0.3 }],
  'hyperparameters/context-32': ['32 characters', { contextLength: 32 }],
  'hyperparameters/context-256': ['256 characters', { contextLength: 256 }],
  'hyperparameters/large': [
    'width 384, 6 heads, 6 layers, context 256, dropout 0.2',
    {
      dModel: 384,
      nHeads: 6,
      nLayers: 6,
      contextLength: 256,
      dropout: 0.2,
      maxSteps: 1000,
      learningRate: 1e-3,
      schedule: 'cosine',
      warmupSteps: 100,
      minLearningRate: 1e-4,
      evalEvery: 200,
      evalBatches: 20,
      sampleTokens: 500,
    },
  ],
});
