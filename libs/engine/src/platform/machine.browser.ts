// What a page knows of its machine.

/** Pages have no environment. */
export const variable = (_name: string): string | undefined => undefined;

/** Unknown: WebAssembly's memory is the limit. */
export const machineMemory = (): number => Infinity;
