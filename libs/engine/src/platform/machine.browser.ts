// What a page knows of its machine.

/** Pages have no environment. */
export const variable = (_name: string): string | undefined => undefined;

/** Bytes of memory, which pages do not know: those of WebAssembly. */
export const machineMemory = (): number => 2 ** 32;
