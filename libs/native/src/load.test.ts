import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** The module as a new process would have it: what was loaded before is forgotten. */
async function fresh() {
  vi.resetModules();
  return import('./load.js');
}

describe('where there is no library', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lilformer-load-'));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.doUnmock('node:fs');
    rmSync(folder, { recursive: true });
  });

  it('says what was looked for and what to do', async () => {
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', '');
    vi.doMock('node:fs', () => ({ existsSync: () => false }));
    const { loadLibrary, NativeUnavailableError } = await fresh();
    expect(loadLibrary).toThrow(NativeUnavailableError);
    expect(loadLibrary).toThrow(
      new RegExp(
        `no native library for ${process.platform} ${process.arch}; looked for a library built here: not there; ` +
          'the package of this platform: not there. .*nx run native:build',
      ),
    );
  });

  it('looks nowhere else when the one asked for is not there', async () => {
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', join(folder, 'none.node'));
    const { loadLibrary } = await fresh();
    expect(loadLibrary).toThrow(/looked for LILFORMER_NATIVE_LIBRARY: .*none\.node does not open: /);
    expect(loadLibrary).not.toThrow('built here');
  });

  it('does not die of a file that is no library', async () => {
    const file = join(folder, 'text.node');
    writeFileSync(file, 'not a library');
    vi.stubEnv('LILFORMER_NATIVE_LIBRARY', file);
    const { loadLibrary, NativeUnavailableError } = await fresh();
    expect(loadLibrary).toThrow(NativeUnavailableError);
    expect(loadLibrary).toThrow('does not open');
  });
});
