// What a GPU needs before TensorFlow can use it: a driver, its library, and a libtensorflow built for CUDA. Each
// missing piece is named. Leaves out CUDA's own libraries: TensorFlow's list of devices has the last word.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The little that is asked of a machine, so that tests can pretend another one. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly libraryPath: string;
  /** Names in a folder; none where it cannot be read. */
  list(folder: string): string[];
  /** The bytes of a file, one character each; empty where it cannot be read. */
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

/** Beside what the loader's cache and LD_LIBRARY_PATH name: containers, WSL and NixOS put the driver's library here. */
const DRIVER_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/wsl/lib',
  '/usr/local/nvidia/lib64',
  '/run/opengl-driver/lib',
];

/** The first thing that this machine lacks for computing on an NVIDIA GPU, in words; undefined when nothing. */
export function missingForGpu(machine: Machine): string | undefined {
  if (machine.platform !== 'linux') {
    return `TensorFlow computes on GPUs under Linux (and WSL) only; this is ${machine.platform}`;
  }
  const devices = machine.list('/dev');
  if (!devices.some((name) => /^nvidia\d+$/.test(name) || name === 'dxg')) {
    return 'no NVIDIA GPU with a driver: there is no /dev/nvidia0 (a container needs --gpus all, or the like)';
  }
  const folders = [...machine.libraryPath.split(':').filter(Boolean), ...DRIVER_FOLDERS];
  const inCache = machine.read('/etc/ld.so.cache').includes('libcuda.so.1');
  if (!inCache && !folders.some((folder) => machine.list(folder).includes('libcuda.so.1'))) {
    return "the NVIDIA driver's library libcuda.so.1 is neither known to the loader nor in LD_LIBRARY_PATH";
  }
  return undefined;
}

/** What `lilformer-tensorflow` writes beside the libraries it has put into a package. */
export const RECEIPT = 'lilformer.json';

/** Whether the libtensorflow in a package is known to lack CUDA, in words. One that came otherwise is not judged. */
export function missingInTensorFlow(machine: Machine, folder: string): string | undefined {
  const receipt = machine.read(join(folder, 'deps', RECEIPT));
  if (receipt === '') return undefined;
  const { wheel, cuda } = JSON.parse(receipt) as { wheel: string; cuda: boolean };
  return cuda ? undefined : `the libtensorflow in ${folder} (from ${wheel}) is built without CUDA`;
}
