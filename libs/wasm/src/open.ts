// Opens the kernels: chooses a binary, makes its memory, starts its threads.
import type { Kernels, TensorMemory } from '@lilformer/kernels';
import { kernelsOf, setThreads } from './calls.js';
import { Instance } from './instance.js';
import { unshared, variantToUse, type WasmVariant } from './module.js';
import { canShareMemory, defaultThreads, readBinary, startWorker, variable } from '#platform';

export type { WasmVariant } from './module.js';

/** Options of `openWasm`. */
export interface WasmOptions {
  /** Default: LILFORMER_THREADS, or the available cores. 1 in a page that is not cross-origin isolated. */
  threads?: number;
  /** Default: LILFORMER_WASM, or the fastest that runs here. */
  variant?: WasmVariant;
}

/** The opened kernels. */
export interface OpenedWasm {
  readonly kernels: Kernels;
  readonly memory: TensorMemory;
  readonly variant: WasmVariant;
  /** Number of threads in use. */
  readonly threads: number;
}

interface Opened {
  readonly module: WebAssembly.Module;
  readonly instance: Instance;
  readonly kernels: Kernels;
  readonly variant: WasmVariant;
  readonly isShared: boolean;
  /** Number of threads that were started, with the calling one. */
  started: number;
}

const NAMES = Object.keys({ threads: true, variant: true } satisfies Record<keyof WasmOptions, true>);

let opening: Promise<Opened> | undefined;

/**
 * Opens the kernels, once per process or page; a later call changes the number of threads.
 *
 * In a page, call it in a worker: kernels block the thread that calls them, and wait for others, which a page's main thread
 * may not.
 *
 * @throws Error when the machine has no WebAssembly SIMD, when an option is wrong, or when there is no memory
 */
export async function openWasm(options: WasmOptions = {}): Promise<OpenedWasm> {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${unknown}: unknown option. Expected one of ${NAMES.join(', ')}.`);
  const threads = threadsToUse(options.threads);
  const requested = options.variant ?? variable('LILFORMER_WASM');
  const variant = requested === undefined && opening ? (await opening).variant : variantToUse(requested);
  opening ??= open(variant).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  const opened = await opening;
  if (opened.variant !== variant) {
    throw new Error(
      `variant ${variant}: ${opened.variant} is open. Expected the same: a process opens one of them.`,
    );
  }
  return {
    kernels: opened.kernels,
    memory: opened.instance,
    variant,
    threads: useThreads(opened, opened.isShared ? threads : 1),
  };
}

function threadsToUse(option: number | undefined): number {
  const text = variable('LILFORMER_THREADS');
  const threads = option ?? (text === undefined ? defaultThreads() : Number(text));
  if (Number.isInteger(threads) && threads >= 1) return threads;
  const given = option === undefined ? `LILFORMER_THREADS ${text}` : `threads ${option}`;
  throw new Error(`${given}: expected an integer of at least 1`);
}

async function open(variant: WasmVariant): Promise<Opened> {
  const isShared = canShareMemory();
  const binary = await readBinary(`${variant}.wasm`);
  const module = await WebAssembly.compile(isShared ? binary : unshared(binary));
  const instance = new Instance(module, largestMemory(isShared));
  return { module, instance, kernels: kernelsOf(instance), variant, isShared, started: 1 };
}

/** Memory of 4 GB, or of as much as the system grants. It is of that size at once, so that arrays over it stay valid. */
function largestMemory(shared: boolean): WebAssembly.Memory {
  const [most, least] = [2 ** 16, 2 ** 11]; // pages of 64 KB
  for (let pages = most; ; pages /= 2) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch (error) {
      if (pages > least) continue;
      throw new Error(
        'no memory for WebAssembly: 128 MB of address space were refused. Close other programs.',
        {
          cause: error,
        },
      );
    }
  }
}

/** Sets the number of threads, and starts those that are missing. */
function useThreads(opened: Opened, count: number): number {
  const threads = setThreads(opened.instance, { count });
  const { module, instance } = opened;
  for (; opened.started < threads; opened.started++) {
    const lane = opened.started;
    startWorker({ module, memory: instance.memory, lane, ...instance.threadMemory() });
  }
  return threads;
}
