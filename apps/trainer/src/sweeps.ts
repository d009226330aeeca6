// The built-in sweeps: each set of experiments as one command.
import type { SweepFile } from './sweep.js';

export const SWEEPS: Readonly<Record<string, SweepFile>> = {
  evolution: {
    about: 'eight models, from bigram to mixture of experts',
    preset: 'evolution/03-bigram',
    runs: {
      '03-bigram': { preset: 'evolution/03-bigram' },
      '04-attention': { preset: 'evolution/04-attention' },
      '05-position': { preset: 'evolution/05-position' },
      '06-ffn': { preset: 'evolution/06-ffn' },
      '07-residual': { preset: 'evolution/07-residual' },
      '08-stacked': { preset: 'evolution/08-stacked' },
      '09-multihead': { preset: 'evolution/09-multihead' },
      '10-moe': { preset: 'evolution/10-moe' },
    },
    beside: {
      "notebook's perplexity": {
        '03-bigram': 35.8,
        '04-attention': 25.0,
        '05-position': 17.7,
        '06-ffn': 13.4,
        '07-residual': 10.9,
        '08-stacked': 8.7,
        '09-multihead': 8.3,
        '10-moe': 8.1,
      },
    },
  },
  shakespeare: {
    about: 'a small transformer with its own BPE: baseline, longer context, wider',
    preset: 'shakespeare/baseline',
    runs: {
      baseline: { preset: 'shakespeare/baseline' },
      'medium-context': { preset: 'shakespeare/medium-context' },
      wider: { preset: 'shakespeare/wider' },
    },
    beside: { "notebook's perplexity": { baseline: 60.0, 'medium-context': 63.24, wider: 58.35 } },
  },
};
