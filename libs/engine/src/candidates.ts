// The engines, in the order in which `auto` tries them. A new engine is one more entry.
import { openWasm } from './backends/wasm.js';
import type { Precision, RequestedOptions } from './requested-options.js';
import { platformEngines } from '#engines';

/** Properties of an opened engine. */
export interface Opened {
  /** For people: `AVX-512 with bf16, 2 threads`. */
  readonly detail: string;
  /** Undefined where the backend decides. */
  readonly threads: number | undefined;
  readonly precision: Precision;
}

/** A TensorFlow.js backend that may be available on this machine. */
export interface Candidate {
  readonly name: string;
  /** TensorFlow.js's name for it. */
  readonly backend: string;
  /** Whether `auto` tries it. */
  automatic(): boolean;
  /** Loads and registers the backend. @throws Error with the reason why it cannot be used */
  load(options: RequestedOptions): Promise<Opened>;
  /** How to make it available. */
  readonly help: string;
}

export const candidates = [
  ...platformEngines,
  {
    name: 'wasm',
    backend: 'wasm',
    automatic: () => true,
    load: openWasm,
    help: 'Use the engine cpu.',
  },
  {
    name: 'cpu',
    backend: 'cpu',
    automatic: () => true,
    async load() {
      await import('#cpu');
      return { detail: 'plain JavaScript, slow, one thread', threads: 1, precision: 'float32' };
    },
    help: 'Install @tensorflow/tfjs-backend-cpu 4.22.0.',
  },
] as const satisfies readonly Candidate[];

/** Names of engines. */
export type EngineName = (typeof candidates)[number]['name'];

/** All names that `openEngine` takes, `auto` first. */
export const engineNames: readonly ('auto' | EngineName)[] = ['auto', ...candidates.map(({ name }) => name)];
