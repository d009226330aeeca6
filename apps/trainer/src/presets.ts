// Named starting points, a family a file: what differs from the defaults in settings.ts. The experiments' numbers are
// the notebooks'; where a notebook is silent, its family's file says whose they are.
import { EVOLUTION } from './presets/evolution.js';
import { HYPERPARAMETERS } from './presets/hyperparameters.js';
import type { Preset, Presets } from './presets/preset.js';
import { RECURRENT } from './presets/recurrent.js';
import { SHAKESPEARE } from './presets/shakespeare.js';

/** All presets by name. */
export const PRESETS: Presets = {
  stories: { about: 'a small transformer on the built-in stories (the default)', settings: {} },
  ...EVOLUTION,
  ...SHAKESPEARE,
  ...RECURRENT,
  ...HYPERPARAMETERS,
};

/** @throws Error naming the presets there are */
export function presetNamed(name: string): Preset {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (!preset) {
    throw new Error(`--preset ${name}: expected one of\n  ${Object.keys(PRESETS).join('\n  ')}`);
  }
  return preset;
}
