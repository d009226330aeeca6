import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { place, receiptIn, type Receipt } from './install.js';
import { findHeaders, findNodeGyp } from './toolchain.js';

let folder: string;
let scratch: string;
const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lilformer-install-'));
  scratch = join(folder, '.lilformer-x');
  write(join(scratch, 'deps/lib/libtensorflow.so'), 'new');
  write(join(scratch, 'lib/napi-v8/tfjs_binding.node'), 'new');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const receipt: Receipt = {
  wheel: 'a.whl',
  tensorflow: '2.21.0',
  cuda: false,
  node: 'v20.0.0',
  built: 'today',
};
const library = (): string => readFileSync(join(folder, 'deps/lib/libtensorflow.so'), 'utf8');
const addon = (): string => readFileSync(join(folder, 'lib/napi-v8/tfjs_binding.node'), 'utf8');

describe('place', () => {
  it('installs the files with a receipt', async () => {
    await place(folder, scratch, receipt, () => expect([library(), addon()]).toEqual(['new', 'new']));
    expect([library(), addon()]).toEqual(['new', 'new']);
    expect(receiptIn(folder)).toEqual(receipt);
  });

  it('removes everything when the check fails', async () => {
    const failing = place(folder, scratch, receipt, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    rmSync(scratch, { recursive: true });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('restores the previous files when the check fails', async () => {
    write(join(folder, 'deps/lib/libtensorflow.so'), 'old');
    write(join(folder, 'deps/lilformer.json'), JSON.stringify({ ...receipt, tensorflow: '2.20.0' }));
    write(join(folder, 'lib/napi-v8/tfjs_binding.node'), 'old');
    const failing = place(folder, scratch, receipt, () => {
      expect([library(), addon()]).toEqual(['new', 'new']);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([library(), addon()]).toEqual(['old', 'old']);
    expect(receiptIn(folder)?.tensorflow).toBe('2.20.0');
  });
});

describe('the tools', () => {
  it("takes Node's headers from --nodedir", async () => {
    await expect(findHeaders(folder, folder, scratch)).rejects.toThrow(
      `--nodedir ${folder}: expected a folder with include/node/node_api.h`,
    );
    write(join(folder, 'include/node/node_api.h'), '');
    expect(await findHeaders(folder, folder, scratch)).toBe(folder);
    vi.stubEnv('npm_config_nodedir', folder);
    expect(await findHeaders(undefined, folder, scratch)).toBe(folder);
  });

  it('makes headers from node-api-headers', async () => {
    vi.stubEnv('npm_config_nodedir', '');
    const bare = vi.spyOn(process, 'execPath', 'get').mockReturnValue(join(folder, 'bin/node'));
    write(join(folder, 'bin/node'), '');
    expect(await findHeaders(undefined, folder, scratch)).toBeUndefined();
    write(join(folder, 'node_modules/node-api-headers/package.json'), '{}');
    write(join(folder, 'node_modules/node-api-headers/include/node_api.h'), '// N-API');
    const made = await findHeaders(undefined, folder, scratch);
    expect(readFileSync(join(made!, 'include/node/node_api.h'), 'utf8')).toBe('// N-API');
    expect(existsSync(join(made!, 'include/node/common.gypi'))).toBe(true);
    bare.mockRestore();
  });

  it("prefers the project's node-gyp to npm's", () => {
    vi.stubEnv('npm_config_node_gyp', '');
    const own = join(folder, 'node_modules/node-gyp/bin/node-gyp.js');
    write(join(folder, 'node_modules/node-gyp/package.json'), '{}');
    write(own, '');
    expect(findNodeGyp(folder)).toBe(own);
  });
});
