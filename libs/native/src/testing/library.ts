// Tests that need the native library: skipped, and said so, where there is none; but not in CI where cargo could have
// made it.
import { describe } from 'vitest';
import { cargoVersion } from '../../scripts/cargo-version.mjs';
import { loadAddon, NativeUnavailableError } from '../load.js';

function missing(): string | undefined {
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    if (!(error instanceof NativeUnavailableError)) throw error;
    return error.message;
  }
}

/** `describe` for what runs on the native library. */
export function describeNative(name: string, tests: () => void): void {
  const reason = missing();
  if (reason === undefined || (process.env.CI && cargoVersion() !== undefined)) {
    describe(name, tests);
  } else {
    console.log(`skipped: ${name}: ${reason}`);
    describe.skip(name, tests);
  }
}
