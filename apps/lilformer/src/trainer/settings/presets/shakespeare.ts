// A small transformer on Tiny Shakespeare with a vocabulary of 500, trained until the validation loss rises. All settings
// are the notebook's. On a GPU it clips gradients before it unscales them from 16-bit training, so that its optimizer gets
// gradients that are 65,536 times smaller at first; `--max-grad-norm 1.52587890625e-5` does the same here.
import { family } from './preset.js';

export const SHAKESPEARE = family(
  {
    data: 'tiny-shakespeare',
    separator: 'none',
    tokenizer: 'bpe-whitespace',
    vocabSize: 500,
    model: 'tiny-transformer',
    nLayers: 2,
    windows: 'sliding',
    split: 0.8,
    splitBy: 'windows',
    batchSize: 512,
    maxSteps: 0,
    maxEpochs: 20,
    optimizer: 'adamw',
    weightDecay: 0.01,
    maxGradNorm: 1,
    schedule: 'plateau',
    plateauFactor: 0.5,
    plateauPatience: 1,
    evalEvery: 'epoch',
    evalBatches: 0,
    earlyStoppingPatience: 1,
    seed: 0,
    prompt: 'MENENIUS:',
    sampleTokens: 50,
    temperature: 0.9,
  },
  {
    'shakespeare/baseline': [
      '64 tokens, width 128',
      { contextLength: 64, dModel: 128, nHeads: 4, dFf: 256, learningRate: 3e-4 },
    ],
    'shakespeare/medium-context': [
      '128 tokens, width 128',
      { contextLength: 128, dModel: 128, nHeads: 4, dFf: 256, learningRate: 3e-4 },
    ],
    'shakespeare/wider': [
      '64 tokens, width 256',
      { contextLength: 64, dModel: 256, nHeads: 8, dFf: 512, learningRate: 1e-4 },
    ],
    // Not in the notebook.
    'shakespeare/no-positions': [
      'the baseline without positions',
      { contextLength: 64, dModel: 128, nHeads: 4, dFf: 256, learningRate: 3e-4, positions: 'none' },
    ],
  },
);
