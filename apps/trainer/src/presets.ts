// Named starting points: what differs from the defaults in settings.ts. The evolution's sizes and the
// Shakespeare experiments' settings are the notebooks'; where a notebook is silent (the evolution's
// optimizer), the choice is ours and is printed with every run.
import type { Settings } from './settings.js';

export interface Preset {
  /** One line for the help. */
  readonly about: string;
  readonly settings: Partial<Settings>;
}

const EVOLUTION: Partial<Settings> = {
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
  maxSteps: 1000,
  warmup: 50,
  minLr: 2e-4,
  evalEvery: 200,
  evalBatches: 20,
  weightDecay: 0.01,
};

const SHAKESPEARE: Partial<Settings> = {
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
  prompt: 'MENENIUS:',
  temperature: 0.9,
};

const evolution = (about: string, model: Settings['model'], lr: number): Preset => ({
  about,
  settings: { ...EVOLUTION, model, lr },
});

const shakespeare = (about: string, settings: Partial<Settings>): Preset => ({
  about,
  settings: { ...SHAKESPEARE, ...settings },
});

export const PRESETS: Readonly<Record<string, Preset>> = {
  stories: { about: 'a small transformer on the built-in stories (the default)', settings: {} },
  'evolution/03-bigram': evolution('each token from the one before', 'bigram', 1e-2),
  'evolution/04-attention': evolution('+ one attention head', 'attention', 5e-3),
  'evolution/05-position': evolution('+ learned positions', 'positional-attention', 5e-3),
  'evolution/06-ffn': evolution('+ a feed-forward network', 'attention-ffn', 3e-3),
  'evolution/07-residual': evolution('+ residuals and layer norm', 'transformer', 5e-3),
  'evolution/08-stacked': evolution('two such blocks', 'stacked-transformer', 5e-3),
  'evolution/09-multihead': evolution('two heads in each', 'multi-head-transformer', 5e-3),
  'evolution/10-moe': evolution('two experts in each', 'moe-transformer', 5e-3),
  'shakespeare/baseline': shakespeare('64 tokens, width 128', {
    context: 64,
    dModel: 128,
    heads: 4,
    dFf: 256,
    lr: 3e-4,
  }),
  'shakespeare/medium-context': shakespeare('128 tokens, width 128', {
    context: 128,
    dModel: 128,
    heads: 4,
    dFf: 256,
    lr: 3e-4,
  }),
  'shakespeare/wider': shakespeare('64 tokens, width 256', {
    context: 64,
    dModel: 256,
    heads: 8,
    dFf: 512,
    lr: 1e-4,
  }),
};

/** @throws Error naming the presets there are */
export function presetNamed(name: string): Preset {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (!preset) {
    throw new Error(`--preset ${name}: expected one of\n  ${Object.keys(PRESETS).join('\n  ')}`);
  }
  return preset;
}
