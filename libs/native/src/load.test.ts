import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** The module in the state of a new process. */
async function fresh() {
  vi.resetModules();
  return import('./load.js');
}

describe('loadAddon without an addon', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lilformer-load-'));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.doUnmock('node:fs');
    rmSync(folder, { recursive: true });
  });

  it('names what was tried and what to do', async () => {
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', '');
    vi.doMock('node:fs', () => ({ existsSync: () => false }));
    const { loadAddon, NativeUnavailableError } = await fresh();
    expect(loadAddon).toThrow(NativeUnavailableError);
    expect(loadAddon).toThrow(
      new RegExp(
        `native addon for ${process.platform} ${process.arch} not found: tried \`.*lilformer-native.node\` \\(missing\\) ` +
          'and `@lilformer/native-.*` \\(not installed\\). There is no prebuilt addon for this platform',
      ),
    );
  });

  it('advises to build in a clone', async () => {
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', '');
    vi.doMock('node:fs', () => ({ existsSync: (file: string | URL) => String(file).endsWith('.mjs') }));
    const { loadAddon } = await fresh();
    expect(loadAddon).toThrow(/build it: npx nx run native:build-library$/);
  });

  it('advises to install the package of the platform elsewhere', async () => {
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', '');
    vi.doMock('node:fs', () => ({ existsSync: () => false }));
    const manifest = createRequire(import.meta.url)('../package.json') as Record<string, unknown>;
    const { platform, arch } = process;
    const libc = platform === 'linux' ? '-gnu' : '';
    manifest.optionalDependencies = { [`@lilformer/native-${platform}-${arch}${libc}`]: '0.0.0' };
    try {
      const { loadAddon } = await fresh();
      expect(loadAddon).toThrow(/Run npm i @lilformer\/native-[\w-]+@0\.0\.0$/);
      expect(loadAddon).not.toThrow(/nx/);
    } finally {
      delete manifest.optionalDependencies;
    }
  });

  it('tries nothing else when LILFORMER_NATIVE_LIBRARY is set', async () => {
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', join(folder, 'none.node'));
    const { loadAddon } = await fresh();
    expect(loadAddon).toThrow(/not found: tried `[^`]*none\.node` \(/);
    expect(loadAddon).not.toThrow('not installed');
    expect(loadAddon).toThrow(/Correct or unset LILFORMER_NATIVE_LIBRARY$/);
  });

  it('reports a file that is not an addon', async () => {
    const file = join(folder, 'text.node');
    writeFileSync(file, 'not an addon');
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', file);
    const { loadAddon, NativeUnavailableError } = await fresh();
    expect(loadAddon).toThrow(NativeUnavailableError);
    expect(loadAddon).toThrow('text.node');
  });
});
