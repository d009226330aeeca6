// The built-in sweeps: the experiments of the notebooks, with the numbers that the notebooks print as further columns. Their
// losses are means of the last five printed losses of training batches.
import { PRESETS } from '../settings/presets.js';
import type { SweepFile } from './sweep.js';

/** One run per preset of a family. */
function family(name: string): SweepFile['runs'] {
  return Object.fromEntries(
    Object.keys(PRESETS).flatMap((preset) => {
      const [of, run] = preset.split('/');
      return of === name ? [[run, { preset }]] : [];
    }),
  );
}

/** Prompt of attention maps: speakers, clauses and punctuation. */
const SCENE = 'MENENIUS: What then? To whom do you speak, sir? Who is it';

export const SWEEPS: Readonly<Record<string, SweepFile>> = {
  evolution: {
    about: 'eight models, from bigram to mixture of experts, and the last also with a trained router',
    preset: 'evolution/03-bigram',
    runs: { ...family('evolution'), 'trained-router': { preset: 'experts/trained-router' } },
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
    about:
      'a small transformer with a BPE tokenizer: baseline, longer context, larger, and without positions',
    preset: 'shakespeare/baseline',
    runs: family('shakespeare'),
    beside: { "notebook's perplexity": { baseline: 60.0, 'medium-context': 63.24, wider: 58.35 } },
    attention: { prompt: SCENE, runs: ['best'] },
  },
  recurrent: {
    about: 'RNN, GRU and transformer on characters',
    preset: 'recurrent/rnn',
    runs: family('recurrent'),
    lastSteps: 500,
    beside: {
      'notebook, last 500 steps': {
        rnn: 1.397,
        'rnn-2': 1.331,
        'rnn-3': 1.355,
        'rnn-4': 1.366,
        gru: 1.293,
        'rnn-long': 1.147,
        'gru-long': 1.036,
        'gru-small': 1.12,
        transformer: 1.224,
        'transformer-8': 1.032,
      },
      "notebook's s/100 steps": {
        rnn: 4.4,
        'rnn-2': 6.46,
        'rnn-3': 8.79,
        'rnn-4': 11.1,
        gru: 8.36,
        'rnn-long': 18.2,
        'gru-long': 38.82,
        'gru-small': 39.62,
        transformer: 3.52,
        'transformer-8': 22.54,
      },
    },
  },
  hyperparameters: {
    about: 'a character GPT, and ten runs that each change one setting',
    preset: 'hyperparameters/baseline',
    runs: {
      baseline: {},
      'heads=1': { nHeads: 1 },
      'heads=8': { nHeads: 8 },
      'layers=1': { nLayers: 1 },
      'layers=8': { nLayers: 8 },
      'width=32': { dModel: 32 },
      'width=128': { dModel: 128 },
      'dropout=0': { dropout: 0 },
      'dropout=0.3': { dropout: 0.3 },
      'context=32': { contextLength: 32 },
      'context=256': { contextLength: 256 },
    },
    attention: { prompt: 'KING HENRY:', runs: ['baseline', 'heads=1'] },
  },
};
