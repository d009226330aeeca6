// The engines that Node alone has, in the order in which `auto` tries them.
import { openNative } from '../backends/native.js';
import { installedTensorFlow, openTensorFlow } from '../backends/tensorflow.js';
import type { Candidate } from '../candidates.js';

export const platformEngines = [
  {
    name: 'native',
    backend: 'native',
    automatic: () => true,
    load: openNative,
    help: 'Or use the engine wasm.',
  },
  {
    name: 'tensorflow',
    backend: 'tensorflow',
    automatic: () => installedTensorFlow('@tensorflow/tfjs-node') !== undefined,
    load: (options) => openTensorFlow('@tensorflow/tfjs-node', options),
    help: 'Run npm i --ignore-scripts @tensorflow/tfjs-node@4.22.0, then npx lilformer-tensorflow install.',
  },
  {
    name: 'tensorflow-gpu',
    backend: 'tensorflow',
    automatic: () => false,
    load: (options) => openTensorFlow('@tensorflow/tfjs-node-gpu', options),
    help:
      'Run npm i --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0, then npx lilformer-tensorflow install --gpu. ' +
      'Without a GPU, use another engine.',
  },
] as const satisfies readonly Candidate[];
