// Files and threads in a page or in its workers.

/** The contents of a prebuilt binary. */
export async function readBinary(name: string): Promise<Uint8Array<ArrayBuffer>> {
  // Written out, so that bundlers find the files.
  const url =
    name === 'simd128.wasm'
      ? new URL('../prebuilt/simd128.wasm', import.meta.url)
      : new URL('../prebuilt/relaxed-simd.wasm', import.meta.url);
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url.href}: HTTP status ${response.status}, expected the WebAssembly file`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Whether threads may share memory: only in a page that is cross-origin isolated. */
export const canShareMemory = (): boolean => globalThis.crossOriginIsolated === true;

/** Number of cores of the machine. */
export const defaultThreads = (): number => navigator.hardwareConcurrency;

/** Pages have no environment. */
export const variable = (_name: string): string | undefined => undefined;

/** Starts a thread. */
export function startWorker(data: unknown): void {
  new Worker(new URL('../workers/browser.js', import.meta.url), { type: 'module' }).postMessage(data);
}
