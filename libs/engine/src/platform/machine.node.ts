// What the process knows of its machine.
import { totalmem } from 'node:os';

/** An environment variable; undefined if it is empty. */
export const variable = (name: string): string | undefined => process.env[name] || undefined;

/** Bytes of memory of the machine, or of its container's limit. */
export function machineMemory(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
