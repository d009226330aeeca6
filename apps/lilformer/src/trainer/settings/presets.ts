// All presets, one file per family.
import { didYouMean } from '@lilformer/command-line';
import { EVOLUTION } from './presets/evolution.js';
import { HYPERPARAMETERS } from './presets/hyperparameters.js';
import type { Preset, Presets } from './presets/preset.js';
import { RECURRENT } from './presets/recurrent.js';
import { SHAKESPEARE } from './presets/shakespeare.js';

/** All presets by name. */
export const PRESETS: Presets = {
  stories: {
    about: 'a small transformer on generated stories (the default)',
    settings: {
      model: 'multi-head-transformer',
      dModel: 128,
      dFf: 256,
      nLayers: 1,
      nHeads: 4,
      learningRate: 1.2e-2,
      minLearningRate: 3e-4,
    },
  },
  ...EVOLUTION,
  ...SHAKESPEARE,
  ...RECURRENT,
  ...HYPERPARAMETERS,
};

/** The preset of this name. @throws Error naming all presets */
export function presetNamed(name: string): Preset {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (!preset) {
    const names = Object.keys(PRESETS);
    throw new Error(
      `--preset: no ${name}.${didYouMean(name, names)} Expected one of\n  ${names.join('\n  ')}`,
    );
  }
  return preset;
}
