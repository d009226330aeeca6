// Finds and loads the native addon: the file that LILFORMER_NATIVE_LIBRARY names, a local build, or the package of this
// platform. Downloads nothing.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Addon } from './calls.js';

export type { Addon } from './calls.js';

/** No native addon can be loaded on this machine; the message lists the files and packages tried. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError';
}

const require = createRequire(import.meta.url);

let loaded: Addon | undefined;

/**
 * Loads the native addon, once per process.
 *
 * @throws NativeUnavailableError when there is none. If LILFORMER_NATIVE_LIBRARY is set, only that file is tried
 */
export function loadAddon(): Addon {
  return (loaded ??= load());
}

function load(): Addon {
  const failures: string[] = [];
  for (const file of candidates(failures)) {
    const module: { exports: Partial<Addon> } = { exports: {} };
    try {
      // Not `require`, which recognizes an addon by the extension .node alone.
      process.dlopen(module as NodeJS.Module, file);
      if (!module.exports.setThreads) throw new Error('not an addon of @lilformer/native');
      return module.exports as Addon;
    } catch (error) {
      failures.push(`\`${file}\` (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  throw new NativeUnavailableError(
    `native addon for ${process.platform} ${process.arch} not found: tried ${failures.join(' and ')}. ` +
      advice(),
  );
}

/** What a user does: correct the variable that names a file, build the addon in a clone, install its package elsewhere. */
function advice(): string {
  if (process.env.LILFORMER_NATIVE_LIBRARY) return 'Correct or unset LILFORMER_NATIVE_LIBRARY';
  if (existsSync(new URL('../scripts/build-library.mjs', import.meta.url)))
    return 'With a Rust toolchain, build it: npx nx run native:build-library';
  const { version, optionalDependencies = {} } = require('../package.json') as {
    version: string;
    optionalDependencies?: Record<string, string>;
  };
  const name = platformPackage();
  return name in optionalDependencies
    ? `Run npm i ${name}@${version}`
    : `There is no prebuilt addon for this platform. Expected one of ${Object.keys(optionalDependencies).join(', ')}`;
}

/** The files to try; adds those that are missing to `failures`. */
function candidates(failures: string[]): string[] {
  const named = process.env.LILFORMER_NATIVE_LIBRARY;
  if (named) return [named];
  const files: string[] = [];
  const built = fileURLToPath(new URL('../build/lilformer-native.node', import.meta.url));
  if (existsSync(built)) files.push(built);
  else failures.push(`\`${built}\` (missing)`);
  const name = platformPackage();
  try {
    files.push(require.resolve(name));
  } catch {
    failures.push(`\`${name}\` (not installed)`);
  }
  return files;
}

/** The optional package that holds the addon for this platform, such as `@lilformer/native-linux-x64-gnu`. */
function platformPackage(): string {
  const parts = [process.platform, process.arch, ...(process.platform === 'linux' ? [libc()] : [])];
  return `@lilformer/native-${parts.join('-')}`;
}

function libc(): 'gnu' | 'musl' {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // otherwise it resolves host names
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ? 'gnu' : 'musl';
}
