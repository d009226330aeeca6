// The models of the presets have the sizes that the notebooks print.
import { openEngine } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { goldenJson } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { presetNamed } from './presets.js';
import { modelConfigOf, resolveSettings } from './settings.js';

const settingsOf = (name: string) => resolveSettings({}, presetNamed(name).settings).settings;

it('an unknown preset is an error that names all presets', () => {
  expect(() => presetNamed('gpt-5')).toThrow(/--preset: no gpt-5. Expected one of\n {2}stories\n/);
  expect(() => presetNamed('toString')).toThrow('--preset: no toString.');
});

/** The labels of parameter-counts.json and our presets. */
const COUNTED: Record<string, string> = {
  '03_bigram': 'evolution/03-bigram',
  '04_attention': 'evolution/04-attention',
  '05_positional': 'evolution/05-position',
  '06_ffn': 'evolution/06-ffn',
  '07_transformer_block': 'evolution/07-residual',
  '08_stacked': 'evolution/08-stacked',
  '09_multihead': 'evolution/09-multihead',
  '10_moe': 'evolution/10-moe',
  'Baseline_seq64_d128_lr3e-4_bs512': 'shakespeare/baseline',
  'MediumContext_seq128_d128_lr3e-4_bs512': 'shakespeare/medium-context',
  'WiderModel_seq64_d256_lr1e-4_bs512': 'shakespeare/wider',
  SimpleRNN: 'recurrent/rnn',
  'MultiLayerRNN, 2 layers': 'recurrent/rnn-2',
  'MultiLayerRNN, 3 layers': 'recurrent/rnn-3',
  'MultiLayerRNN, 4 layers': 'recurrent/rnn-4',
  GRULM: 'recurrent/gru',
  'GRU beside the eight layers': 'recurrent/gru-small',
  'Transformer, one layer': 'recurrent/transformer',
  'Transformer, eight layers': 'recurrent/transformer-8',
  'Baseline (small)': 'hyperparameters/baseline',
  'n_head=1': 'hyperparameters/heads-1',
  'n_head=8': 'hyperparameters/heads-8',
  'n_layer=1': 'hyperparameters/layers-1',
  'n_layer=8': 'hyperparameters/layers-8',
  'n_embed=32': 'hyperparameters/width-32',
  'n_embed=128': 'hyperparameters/width-128',
  'dropout=0.0': 'hyperparameters/dropout-0',
  'dropout=0.3': 'hyperparameters/dropout-0.3',
  'block_size=32': 'hyperparameters/context-32',
  'block_size=256': 'hyperparameters/context-256',
  'pre-trained baseline': 'hyperparameters/large',
};

describe('models of the presets', () => {
  const counts = goldenJson<
    {
      group: string;
      label: string;
      config: { vocab_size: number; dropout?: number };
      parameters: number;
    }[]
  >('parameter-counts.json').filter(({ group }) => group !== 'hf');

  beforeAll(async () => {
    await openEngine();
  });

  it.each(counts)('$group $label: $parameters parameters', ({ label, config, parameters }) => {
    const settings = settingsOf(COUNTED[label]);
    if (config.dropout !== undefined) expect(settings.dropout).toBe(config.dropout);
    const model = createModel(modelConfigOf(settings, config.vocab_size), new Random(settings.seed));
    expect(model.parameterCount()).toBe(parameters);
    model.dispose();
  });

  it('cover all models that the notebooks count', () => {
    expect(counts.map(({ label }) => label).sort()).toEqual(Object.keys(COUNTED).sort());
  });
});
