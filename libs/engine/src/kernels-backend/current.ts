// The backend in use. Apart from the backend's code, which is loaded when it is opened.
import { tf } from '../tf.js';
import type { KernelsBackend } from './backend.js';

/** Names of the registered backends over kernels. */
export const registered = new Set<string>();

/** The backend in use, if it is one over kernels. */
export function kernelsBackend(): KernelsBackend | undefined {
  return registered.has(tf.getBackend()) ? (tf.backend() as unknown as KernelsBackend) : undefined;
}
