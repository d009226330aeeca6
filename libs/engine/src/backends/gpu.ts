// Checks for what TensorFlow needs to use a GPU: a driver, its library, and a libtensorflow built for CUDA. The CUDA
// libraries are not checked: TensorFlow's list of devices decides.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The properties of a machine that the checks read. Tests replace it. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly libraryPath: string;
  /** File names in a folder; empty if it cannot be read. */
  list(folder: string): string[];
  /** A file as Latin-1 text; empty if it cannot be read. */
  read(file: string): string;
}

export const thisMachine: Machine = {
  platform: process.platform,
  get libraryPath() {
    return process.env.LD_LIBRARY_PATH ?? '';
  },
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  read: (file) => {
    try {
      return existsSync(file) ? readFileSync(file, 'latin1') : '';
    } catch {
      return '';
    }
  },
};

/** Folders of the driver's library besides the loader's cache and LD_LIBRARY_PATH, also in containers, WSL and NixOS. */
const DRIVER_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/wsl/lib',
  '/usr/local/nvidia/lib64',
  '/run/opengl-driver/lib',
];

/** What this machine lacks for an NVIDIA GPU, as a message; undefined if nothing. */
export function missingForGpu(machine: Machine): string | undefined {
  if (machine.platform !== 'linux') {
    return `TensorFlow supports GPUs on Linux and WSL only; this is ${machine.platform}`;
  }
  const devices = machine.list('/dev');
  if (!devices.some((name) => /^nvidia\d+$/.test(name) || name === 'dxg')) {
    return 'no NVIDIA GPU with a driver: /dev/nvidia0 is missing (containers need an option such as --gpus all)';
  }
  const folders = [...machine.libraryPath.split(':').filter(Boolean), ...DRIVER_FOLDERS];
  const inCache = machine.read('/etc/ld.so.cache').includes('libcuda.so.1');
  if (!inCache && !folders.some((folder) => machine.list(folder).includes('libcuda.so.1'))) {
    return "the NVIDIA driver's library libcuda.so.1 is neither in the loader's cache nor in LD_LIBRARY_PATH";
  }
  return undefined;
}

/** File that `lilformer-tensorflow` writes beside the libraries that it installs. */
export const RECEIPT = 'lilformer.json';

/** A message if the libtensorflow in a package, installed by `lilformer-tensorflow`, lacks CUDA. */
export function missingInTensorFlow(machine: Machine, folder: string): string | undefined {
  const receipt = machine.read(join(folder, 'deps', RECEIPT));
  if (receipt === '') return undefined;
  const { wheel, cuda } = JSON.parse(receipt) as { wheel: string; cuda: boolean };
  return cuda ? undefined : `the libtensorflow in ${folder} (from ${wheel}) was built without CUDA`;
}
