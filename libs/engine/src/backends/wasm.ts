// Opens @lilformer/wasm.
import type { Opened } from '../candidates.js';
import type { RequestedOptions } from '../requested-options.js';

/** Opens the WebAssembly backend. @throws Error when this machine has no WebAssembly SIMD */
export async function openWasm({ threads, precision }: RequestedOptions): Promise<Opened> {
  if (!('WebAssembly' in globalThis)) throw new Error('this Node has no WebAssembly (--jitless?)');
  const { openWasm } = await import('@lilformer/wasm');
  const wasm = await openWasm({ threads });
  const { registerKernelsBackend } = await import('../kernels-backend/register.js');
  registerKernelsBackend('wasm', wasm);
  return {
    detail: `WebAssembly ${wasm.variant}, ${wasm.threads} thread${wasm.threads === 1 ? '' : 's'}`,
    threads: wasm.threads,
    precision,
  };
}
