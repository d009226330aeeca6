// The engines that can be asked for, in the order in which `auto` tries them. Leaves out how one is chosen, which
// is open-engine.ts, and how each starts, which is its own file. A further engine is one more entry here.
import { openNative } from './native.js';
import { installedTensorFlow, openTensorFlow } from './tensorflow.js';
import { require } from './tf.js';
import { openWasm } from './wasm.js';
import type { Wishes } from './wishes.js';

/** What an engine says of itself once it is open. */
export interface Opened {
  /** In words, for people: `AVX-512 with bf16, 2 threads`. */
  readonly detail: string;
  /** Whether matrix products are computed in bf16, as was wished. */
  readonly bf16: boolean;
}

/** A TensorFlow.js backend that may or may not open on this machine. */
export interface Candidate {
  readonly name: string;
  /** What TensorFlow.js calls it. */
  readonly backend: string;
  /** Whether `auto` tries it here. */
  automatic(): boolean;
  /** Loads and registers the backend, or throws why it cannot be used. */
  load(wishes: Wishes): Promise<Opened>;
  /** What to do when it does not open. */
  readonly help: string;
}

export const candidates = [
  {
    name: 'native',
    backend: 'native',
    automatic: () => true,
    load: openNative,
    help:
      'install its package for this platform (npm i @lilformer/native without --omit=optional), ' +
      'or build it where cargo is: npx nx run native:build-library',
  },
  {
    name: 'tensorflow',
    backend: 'tensorflow',
    automatic: () => installedTensorFlow('@tensorflow/tfjs-node') !== undefined,
    load: (wishes) => openTensorFlow('@tensorflow/tfjs-node', wishes),
    help: 'npm i --ignore-scripts @tensorflow/tfjs-node@4.22.0, then npx lilformer-tensorflow install',
  },
  {
    name: 'tensorflow-gpu',
    backend: 'tensorflow',
    automatic: () => false,
    load: (wishes) => openTensorFlow('@tensorflow/tfjs-node-gpu', wishes),
    help: 'npm i --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0, then npx lilformer-tensorflow install --gpu; without a GPU, take another engine',
  },
  {
    name: 'wasm',
    backend: 'wasm',
    automatic: () => true,
    load: openWasm,
    help: 'install @tensorflow/tfjs-backend-wasm 4.22.0, or take the engine cpu',
  },
  {
    name: 'cpu',
    backend: 'cpu',
    automatic: () => true,
    async load() {
      require('@tensorflow/tfjs-backend-cpu');
      return { detail: 'plain JavaScript, one thread: correct, and slow', bf16: false };
    },
    help: 'install @tensorflow/tfjs-backend-cpu 4.22.0',
  },
] as const satisfies readonly Candidate[];

/** Names that `openEngine` knows besides `auto`. */
export type EngineName = (typeof candidates)[number]['name'];

/** All names that `openEngine` takes, `auto` first, for help texts and checks. */
export const engineNames: readonly ('auto' | EngineName)[] = ['auto', ...candidates.map(({ name }) => name)];
