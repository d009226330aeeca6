// The engines over kernels that tests run on.
import { openEngine } from '../index.js';

const native = await openEngine({ engine: 'native' }).then(
  () => true,
  (error: unknown) => {
    console.log(`skipped on native: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  },
);

/** Their names. In CI, which builds the addon wherever there is cargo, vitest.shared.ts expects native. */
export const kernelEngines: readonly ('native' | 'wasm')[] = native ? ['native', 'wasm'] : ['wasm'];
