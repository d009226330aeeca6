// The one vitest configuration; each project's vitest.config.ts calls it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * Tests run on the sources of all libraries (no build needed) and leave a JSON report for the sum in CI.
 *
 * Test files named in `onEveryEngine` run once for each engine that is installed, as a project of that name in
 * which `openEngine()` opens it; the others run once, on what `auto` finds. LILFORMER_ENGINE takes one engine for
 * all: `LILFORMER_ENGINE=tensorflow npx vitest run`.
 */
export function projectConfig({ onEveryEngine = [] }: { onEveryEngine?: string[] } = {}): ViteUserConfig {
  const conditions = ['@lilformer/source', 'node', 'import', 'module', 'default'];
  const include = ['src/**/*.test.ts'];
  const projects = [
    { extends: true as const, test: { name: 'once', include, exclude: onEveryEngine } },
    ...installedEngines().map((name) => ({
      extends: true as const,
      test: { name, include: onEveryEngine, env: { LILFORMER_ENGINE: name } },
    })),
  ];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      setupFiles: [fileURLToPath(new URL('./tools/testing/src/seed.ts', import.meta.url))],
      // Tests take less than 15 seconds on a quiet machine.
      testTimeout: 150_000,
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results/vitest.json' },
      ...(onEveryEngine.length > 0 ? { projects } : { include }),
    },
  });
}

/** Engines to test on: those that are there. In CI native has to be, wherever cargo is. */
function installedEngines(): string[] {
  if (process.env.LILFORMER_ENGINE) return [process.env.LILFORMER_ENGINE];
  const library = fileURLToPath(new URL('./libs/native/build/lilformer-native.node', import.meta.url));
  const native =
    existsSync(process.env.LILFORMER_NATIVE_LIBRARY || library) ||
    (process.env.CI !== undefined && spawnSync('cargo', ['--version']).status === 0);
  if (!native)
    console.log('skipped on native: no library (npx nx run native:build-library makes it, with cargo)');
  return [...(native ? ['native'] : []), ...(hasTensorFlow() ? ['tensorflow'] : []), 'wasm', 'cpu'];
}

function hasTensorFlow(): boolean {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json'));
    return existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));
  } catch {
    return false;
  }
}
