// Eight models, from bigram to mixture of experts, on TinyStories with GPT-2's tokens cut down to 4,096. The sizes, the
// seed and the way of sampling are the notebook's, which loads trained models and does not say how they were trained:
// optimizer, schedule, batch and steps are our choice.
import { family } from './preset.js';

export const EVOLUTION = family(
  {
    data: 'tinystories',
    tokenizer: 'compact-gpt2',
    vocabSize: 4096,
    dModel: 128,
    dFf: 512,
    context: 256,
    layers: 2,
    heads: 2,
    experts: 2,
    windows: 'random',
    batchSize: 16,
    maxSteps: 2000,
    warmup: 50,
    minLr: 2e-4,
    evalEvery: 200,
    evalBatches: 20,
    weightDecay: 0.01,
    seed: 42,
    prompt: 'Once upon a time',
    sampleTokens: 50,
    temperature: 1,
  },
  {
    'evolution/03-bigram': ['each token from the one before', { model: 'bigram', lr: 1e-2 }],
    'evolution/04-attention': ['+ one attention head', { model: 'attention', lr: 1e-2 }],
    'evolution/05-position': ['+ learned positions', { model: 'positional-attention', lr: 1e-2 }],
    'evolution/06-ffn': ['+ a feed-forward network', { model: 'attention-ffn', lr: 5e-3 }],
    'evolution/07-residual': ['+ residuals and layer norm', { model: 'transformer', lr: 5e-3 }],
    'evolution/08-stacked': ['two such blocks', { model: 'stacked-transformer', lr: 5e-3 }],
    'evolution/09-multihead': ['two heads in each', { model: 'multi-head-transformer', lr: 5e-3 }],
    'evolution/10-moe': ['two experts in each', { model: 'moe-transformer', lr: 5e-3 }],
    // Not in the notebook, whose router has no gradient.
    'experts/trained-router': [
      'two experts in each, and a router that learns',
      { model: 'moe-transformer', router: 'trained', lr: 5e-3 },
    ],
  },
);
