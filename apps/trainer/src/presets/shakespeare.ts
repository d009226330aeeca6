// A small transformer on Tiny Shakespeare with a vocabulary of 500, trained until validation gets no better; every
// setting is the notebook's. On a GPU it clips gradients before it scales them back from 16-bit training, so that what
// its optimizer sees is 65,536 times smaller at first; `--clip 1.52587890625e-5` does the same here.
import { family } from './preset.js';

export const SHAKESPEARE = family(
  {
    data: 'tiny-shakespeare',
    separator: 'none',
    tokenizer: 'bpe-whitespace',
    vocabSize: 500,
    model: 'tiny-transformer',
    layers: 2,
    windows: 'sliding',
    split: 0.8,
    splitBy: 'windows',
    batchSize: 512,
    maxSteps: 0,
    epochs: 20,
    optimizer: 'adamw',
    weightDecay: 0.01,
    clip: 1,
    schedule: 'plateau',
    warmup: 0,
    minLr: 0,
    plateauFactor: 0.5,
    plateauPatience: 1,
    evalEvery: 'epoch',
    evalBatches: 0,
    patience: 1,
    seed: 0,
    prompt: 'MENENIUS:',
    sampleTokens: 50,
    temperature: 0.9,
  },
  {
    'shakespeare/baseline': [
      '64 tokens, width 128',
      { context: 64, dModel: 128, heads: 4, dFf: 256, lr: 3e-4 },
    ],
    'shakespeare/medium-context': [
      '128 tokens, width 128',
      { context: 128, dModel: 128, heads: 4, dFf: 256, lr: 3e-4 },
    ],
    'shakespeare/wider': ['64 tokens, width 256', { context: 64, dModel: 256, heads: 8, dFf: 512, lr: 1e-4 }],
    // Not in the notebook, which says what positions are for and does not try it.
    'shakespeare/no-positions': [
      'the baseline without positions',
      { context: 64, dModel: 128, heads: 4, dFf: 256, lr: 3e-4, positions: 'none' },
    ],
  },
);
