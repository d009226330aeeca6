// The one vitest configuration; each project's vitest.config.ts calls it.
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests run on the sources of all libraries (no build needed) and leave a JSON report for the sum in CI. */
export function projectConfig(test: NonNullable<ViteUserConfig['test']> = {}): ViteUserConfig {
  const conditions = ['@lilformer/source', 'node', 'import', 'module', 'default'];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: ['src/**/*.test.ts'],
      setupFiles: [fileURLToPath(new URL('./tools/testing/src/seed.ts', import.meta.url))],
      testTimeout: 60_000,
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results/vitest.json' },
      ...test,
    },
  });
}
