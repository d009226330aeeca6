// What a GPU needs, on machines that are pretended: the machine that runs this has no GPU, as likely as not.
import { describe, expect, it } from 'vitest';
import { missingForGpu, missingInTensorFlow, type Machine } from './gpu.js';

function machine(folders: Record<string, string[]>, files: Record<string, string> = {}, rest = {}): Machine {
  return {
    platform: 'linux',
    libraryPath: '',
    list: (folder) => folders[folder] ?? [],
    read: (file) => files[file] ?? '',
    ...rest,
  };
}

const card = ['null', 'nvidia0', 'nvidiactl'];

describe('missingForGpu', () => {
  it('names a missing driver', () => {
    expect(missingForGpu(machine({}))).toMatch(/\/dev\/nvidia0 is missing .*--gpus/);
    // A container without a GPU has only the control device.
    expect(missingForGpu(machine({ '/dev': ['nvidiactl', 'nvidia-uvm'] }))).toMatch(
      /\/dev\/nvidia0 is missing/,
    );
  });

  it('names a missing driver library', () => {
    expect(missingForGpu(machine({ '/dev': card }))).toMatch(/libcuda.so.1 is neither in/);
  });

  it('finds the library in the cache of the loader, in LD_LIBRARY_PATH, and where containers put it', () => {
    const cache = { '/etc/ld.so.cache': 'glibc-ld.so.cache1.1\0libcuda.so.1\0/usr/lib/libcuda.so.1\0' };
    expect(missingForGpu(machine({ '/dev': card }, cache))).toBeUndefined();
    const path = { libraryPath: '/elsewhere:/opt/driver' };
    const folders = { '/dev': card, '/opt/driver': ['libcuda.so.1'] };
    expect(missingForGpu(machine(folders))).toMatch(/libcuda/);
    expect(missingForGpu(machine(folders, {}, path))).toBeUndefined();
    const wsl = { '/dev': ['dxg'], '/usr/lib/wsl/lib': ['libcuda.so.1'] };
    expect(missingForGpu(machine(wsl))).toBeUndefined();
  });

  it('rejects other platforms', () => {
    expect(missingForGpu(machine({ '/dev': card }, {}, { platform: 'darwin' }))).toMatch(/this is darwin/);
  });
});

describe('missingInTensorFlow', () => {
  const receipt = (cuda: boolean) => ({
    '/app/deps/lilformer.json': JSON.stringify({ wheel: 'tensorflow_cpu-2.21.0.whl', cuda }),
  });

  it('recognizes a libtensorflow without CUDA by the receipt of its installation', () => {
    expect(missingInTensorFlow(machine({}, receipt(false)), '/app')).toBe(
      'the libtensorflow in /app (from tensorflow_cpu-2.21.0.whl) was built without CUDA',
    );
    expect(missingInTensorFlow(machine({}, receipt(true)), '/app')).toBeUndefined();
  });

  it('accepts a libtensorflow without a receipt', () => {
    expect(missingInTensorFlow(machine({}), '/app')).toBeUndefined();
  });
});
