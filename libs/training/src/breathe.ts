// Lets the event loop run. A loop that only computes would never hear Ctrl-C.
import { setImmediate } from 'node:timers/promises';

/** Resolves after timers, signals and input that are waiting had their turn. */
export async function breathe(): Promise<void> {
  await setImmediate();
}
