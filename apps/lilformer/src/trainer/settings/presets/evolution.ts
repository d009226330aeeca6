// Eight models, from bigram to mixture of experts, on TinyStories with the 4,096 most frequent GPT-2 tokens. Sizes, seed and
// sampling are the notebook's. It loads trained models without their training settings: those are chosen here.
import { family } from './preset.js';

const FFN = { dFf: 512, learningRate: 5e-3 };
const STACK = { ...FFN, nLayers: 2 };
const HEADS = { ...STACK, nHeads: 2 };
const EXPERTS = { ...HEADS, nExperts: 2 };

export const EVOLUTION = family(
  {
    data: 'tinystories',
    tokenizer: 'compact-gpt2',
    vocabSize: 4096,
    dModel: 128,
    contextLength: 256,
    windows: 'random',
    batchSize: 16,
    maxSteps: 2000,
    warmupSteps: 50,
    minLearningRate: 2e-4,
    evalEvery: 200,
    evalBatches: 20,
    weightDecay: 0.01,
    seed: 42,
    prompt: 'Once upon a time',
    sampleTokens: 50,
    temperature: 1,
  },
  {
    'evolution/03-bigram': [
      'each token predicted from the one before',
      { model: 'bigram', learningRate: 1e-2 },
    ],
    'evolution/04-attention': ['+ one attention head', { model: 'attention', learningRate: 1e-2 }],
    'evolution/05-position': ['+ learned positions', { model: 'positional-attention', learningRate: 1e-2 }],
    'evolution/06-ffn': ['+ a feed-forward network', { model: 'attention-ffn', ...FFN }],
    'evolution/07-residual': ['+ residuals and layer norm', { model: 'transformer', ...FFN }],
    'evolution/08-stacked': ['two blocks', { model: 'stacked-transformer', ...STACK }],
    'evolution/09-multihead': ['two heads per block', { model: 'multi-head-transformer', ...HEADS }],
    'evolution/10-moe': ['two experts per block', { model: 'moe-transformer', ...EXPERTS }],
    // Not in the notebook, whose router has no gradient.
    'experts/trained-router': [
      'two experts per block and a trained router',
      { model: 'moe-transformer', ...EXPERTS, router: 'trained' },
    ],
  },
);
