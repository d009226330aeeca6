// Finds and opens the native library: the one that LILFORMER_NATIVE_LIBRARY names, the one built here, or the one of
// the platform's package. Downloads nothing. Leaves out what is done with it: backend.ts and register-native.ts.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { NativeKernels } from './kernels.js';

/** What the library tells of the machine, and its settings. */
export interface Machine {
  /** The vector instructions in use, chosen when the library was opened. */
  simdLevel(): 'avx512' | 'avx2' | 'neon' | 'portable';
  /** Whether the processor multiplies bf16 matrices in hardware. */
  hasBf16(): boolean;
  /** Cores that this process may use, limits of containers respected. */
  defaultThreads(): number;
  /** Sets the number of threads; gives what it is now. */
  setThreads(count: number): number;
  /** Bytes from the first element of an array to the next address that divides by 64. */
  alignmentOf(array: Float32Array): number;
}

/** The functions of the native library. */
export type Library = Machine & NativeKernels;

/** There is no native library that this machine can open; the message lists what was looked for. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError';
}

/** Where a library may be: words for people, and the file, if there is one to open. */
interface Place {
  readonly what: string;
  readonly file: () => string | undefined;
}

const require = createRequire(import.meta.url);

let loaded: Library | undefined;

/**
 * Opens the native library, once for a process.
 *
 * @throws NativeUnavailableError when there is none, or when the one asked for by LILFORMER_NATIVE_LIBRARY does not
 *   open: then nothing else is tried
 */
export function loadLibrary(): Library {
  return (loaded ??= open(places()));
}

function open(places: Place[]): Library {
  const misses: string[] = [];
  for (const { what, file } of places) {
    const path = file();
    if (path === undefined) {
      misses.push(`${what}: not there`);
      continue;
    }
    const module: { exports: Partial<Library> } = { exports: {} };
    try {
      // Not `require`, which knows a library by its ending .node alone.
      process.dlopen(module as NodeJS.Module, path);
      if (!module.exports.setThreads) throw new Error('it is not a library of @lilformer/native');
      return module.exports as Library;
    } catch (error) {
      misses.push(
        `${what}: ${path} does not open: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  throw new NativeUnavailableError(
    `no native library for ${process.platform} ${process.arch}; looked for ${misses.join('; ')}. ` +
      'With a Rust toolchain `npx nx run native:build` makes one',
  );
}

function places(): Place[] {
  const asked = process.env.LILFORMER_NATIVE_LIBRARY;
  if (asked) {
    return [{ what: 'LILFORMER_NATIVE_LIBRARY', file: () => asked }];
  }
  const built = fileURLToPath(new URL('../build/lilformer-native.node', import.meta.url));
  return [
    { what: 'a library built here', file: () => (existsSync(built) ? built : undefined) },
    {
      what: 'the package of this platform',
      file: () => {
        try {
          return require.resolve(platformPackage());
        } catch {
          return undefined;
        }
      },
    },
  ];
}

/** `@lilformer/native-linux-x64-gnu` and its like: the optional package that holds this platform's library. */
function platformPackage(): string {
  const parts = [process.platform, process.arch, ...(process.platform === 'linux' ? [libc()] : [])];
  return `@lilformer/native-${parts.join('-')}`;
}

function libc(): 'gnu' | 'musl' {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // or it looks up names of hosts
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ? 'gnu' : 'musl';
}
