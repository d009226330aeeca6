// TensorFlow's own C library as an engine: @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu, where the user has
// installed one. Leaves out making their addon, which the command lilformer-tensorflow does.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Opened } from './candidates.js';
import { missingForGpu, missingInTensorFlow, thisMachine, type Machine } from './gpu.js';
import { tf } from './tf.js';
import type { Wishes } from './wishes.js';

export type TensorFlowPackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

/** The parts of tfjs-node's backend that are asked. */
interface NodeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version?: string };
}

/** Which of the two this process has loaded: there is room for one libtensorflow, and one backend of that name. */
let loaded: TensorFlowPackage | undefined;

/** Folder of the installed package, seen from this library or from where the program runs. */
export function installedTensorFlow(name: TensorFlowPackage): string | undefined {
  for (const require of requires()) {
    try {
      return dirname(require.resolve(`${name}/package.json`));
    } catch {
      // not installed there
    }
  }
  return undefined;
}

function requires(): NodeJS.Require[] {
  return [createRequire(import.meta.url), createRequire(join(process.cwd(), 'package.json'))];
}

/** Where tfjs-node looks for its addon (Node-API 8, which every supported Node has). */
export function addonOf(folder: string): string {
  return join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
}

/**
 * Loads the package and makes its backend the one in use.
 * @throws Error that names what is missing; for the GPU package also where TensorFlow would compute on the CPU
 */
export async function openTensorFlow(
  name: TensorFlowPackage,
  { threads }: Pick<Wishes, 'threads'>,
  machine: Machine = thisMachine,
): Promise<Opened> {
  const gpu = name === '@tensorflow/tfjs-node-gpu';
  const folder = installedTensorFlow(name);
  if (!folder) throw new Error(`the package ${name} is not installed`);
  if (loaded && loaded !== name) {
    throw new Error(
      `this process has ${loaded} open already, and there is room for one; start another process`,
    );
  }
  if (gpu) {
    const missing = missingForGpu(machine) ?? missingInTensorFlow(machine, folder);
    if (missing) throw new Error(missing);
  }
  if (!existsSync(addonOf(folder)))
    throw new Error(`the addon of ${name} is not built (no ${addonOf(folder)})`);

  // Read by libtensorflow when it starts; what the user has set stays.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= gpu ? '1' : '2';
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  bringBackUtil();
  const before = tf.engine().backendName;
  createRequire(import.meta.url)(folder);
  loaded = name;
  await tf.setBackend('tensorflow');
  const backend = tf.backend() as NodeBackend;
  if (gpu && !backend.isUsingGpuDevice) {
    if (before) await tf.setBackend(before);
    throw new Error(
      'TensorFlow lists no GPU device; mostly it does not find the CUDA libraries it was built for (put their ' +
        'folders into LD_LIBRARY_PATH; TF_CPP_MIN_LOG_LEVEL=0 lets it say which)',
    );
  }
  const version = backend.binding.TF_Version ?? 'of unknown version';
  const where = backend.isUsingGpuDevice ? 'on the GPU' : threadsInWords();
  return { detail: `TensorFlow ${version}, ${where}`, bf16: false };
}

function threadsInWords(): string {
  const threads = process.env.TF_NUM_INTRAOP_THREADS;
  return threads ? `${threads} thread${threads === '1' ? '' : 's'}` : 'a thread for each core';
}

/**
 * tfjs-node 4.22.0 calls functions of `node:util` that Node 23 took away. They are put back where they are
 * missing, hidden from enumeration; no file of the package is changed.
 */
export function bringBackUtil(util: object = createRequire(import.meta.url)('node:util') as object): void {
  const functions = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(functions)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}
