// Opens @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu, if installed. The command lilformer-tensorflow builds their
// addon.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Opened } from '../candidates.js';
import { missingForGpu, missingInTensorFlow, thisMachine, type Machine } from './gpu.js';
import type { RequestedOptions } from '../requested-options.js';
import { tf } from '../tf.js';

export type TensorFlowPackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

/** The used parts of tfjs-node's backend. */
interface NodeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version?: string };
}

/** The package that this process has loaded. A process can hold only one libtensorflow. */
let loaded: TensorFlowPackage | undefined;

/** Folder of the installed package, resolved from this library or from the working directory. */
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

/** Path of tfjs-node's addon (Node-API 8, which every supported Node has). */
export function addonOf(folder: string): string {
  return join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
}

/**
 * Loads the package and sets its backend.
 * @throws Error naming what is missing; for the GPU package also if TensorFlow would compute on the CPU
 */
export async function openTensorFlow(
  name: TensorFlowPackage,
  { threads }: Pick<RequestedOptions, 'threads'>,
  machine: Machine = thisMachine,
): Promise<Opened> {
  const gpu = name === '@tensorflow/tfjs-node-gpu';
  const folder = installedTensorFlow(name);
  if (!folder) throw new Error(`the package ${name} is not installed`);
  if (loaded && loaded !== name) {
    throw new Error(`this process has loaded ${loaded} and cannot load a second one. Start another process.`);
  }
  if (gpu) {
    const missing = missingForGpu(machine) ?? missingInTensorFlow(machine, folder);
    if (missing) throw new Error(missing);
  }
  if (!existsSync(addonOf(folder)))
    throw new Error(`the addon of ${name} is not built: ${addonOf(folder)} is missing`);

  // Read by libtensorflow at startup. Values set by the user are kept.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= gpu ? '1' : '2';
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  restoreNodeUtil();
  const before = tf.engine().backendName;
  createRequire(import.meta.url)(folder);
  loaded = name;
  await tf.setBackend('tensorflow');
  const backend = tf.backend() as NodeBackend;
  if (gpu && !backend.isUsingGpuDevice) {
    if (before) await tf.setBackend(before);
    throw new Error(
      'TensorFlow lists no GPU device. Usually it does not find the CUDA libraries it was built for: add their ' +
        'folders to LD_LIBRARY_PATH; TF_CPP_MIN_LOG_LEVEL=0 makes TensorFlow name them',
    );
  }
  const version = backend.binding.TF_Version ?? 'of unknown version';
  const count = Number(process.env.TF_NUM_INTRAOP_THREADS) || undefined;
  const onCpu = count ? `${count} thread${count === 1 ? '' : 's'}` : 'one thread per core';
  return {
    detail: `TensorFlow ${version}, ${backend.isUsingGpuDevice ? 'on the GPU' : onCpu}`,
    threads: backend.isUsingGpuDevice ? undefined : count,
    precision: 'float32',
  };
}

/** Restores functions of `node:util` that tfjs-node 4.22.0 calls and Node 23 removed, hidden from enumeration. */
export function restoreNodeUtil(util: object = createRequire(import.meta.url)('node:util') as object): void {
  const functions = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(functions)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}
