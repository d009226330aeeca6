// Extracts from a TensorFlow wheel what tfjs-node's addon is built against: two libraries, and the headers of the C
// interface with all that they include.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import type { Wheel } from './wheel.js';

/** TensorFlow with its C interface, and what it shares with the Python part. */
const LIBRARIES = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];
/** Names that the linker expects. At run time the libraries are found by their soname. */
const LINKS = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
};

/** Headers that tfjs-node's sources include. */
const HEADERS = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/core/platform/ctstring_internal.h',
];
const INCLUDE = 'tensorflow/include/';

const MACHINES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Checks that the wheel fits this machine; returns whether it has CUDA. @throws Error otherwise */
export async function checkWheel(wheel: Wheel): Promise<{ cuda: boolean }> {
  const name = basename(wheel.file);
  const missing = [...LIBRARIES, ...HEADERS.map((header) => INCLUDE + header)].find(
    (file) => !wheel.has(file),
  );
  if (!/^tensorflow/.test(wheel.name) || missing) {
    throw new Error(
      `${name}: expected a wheel of tensorflow or tensorflow-cpu for Linux` +
        (missing ? `; it has no ${missing}` : `; it is one of ${wheel.name}`),
    );
  }
  const machine = MACHINES[process.arch] ?? process.arch;
  if (!wheel.tags.some((tag) => tag.includes('linux') && tag.endsWith(`_${machine}`))) {
    throw new Error(`${name}: built for ${wheel.tags.join(', ')}; expected Linux on ${machine}`);
  }
  const info = await wheel.read('tensorflow/python/platform/build_info.py');
  return { cuda: /'is_cuda_build', True/.test(info.toString('utf8')) };
}

/** Size of the libraries in bytes. */
export function libraryBytes(wheel: Wheel): number {
  return LIBRARIES.reduce((sum, name) => sum + wheel.sizeOf(name), 0);
}

/** Writes `lib` and `include` into `folder`; returns the number of headers. @throws Error from a damaged wheel */
export async function extractLibraries(
  wheel: Wheel,
  folder: string,
  onBytes: (count: number) => void,
): Promise<{ headers: number }> {
  const lib = join(folder, 'lib');
  await mkdir(lib, { recursive: true });
  for (const name of LIBRARIES) await wheel.extract(name, join(lib, basename(name)), onBytes);
  for (const [link, target] of Object.entries(LINKS)) await symlink(target, join(lib, link));
  const headers = await closure(wheel);
  for (const [name, bytes] of headers) {
    const path = join(folder, 'include', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return { headers: headers.size };
}

/** The headers and, recursively, the headers that they include. */
async function closure(wheel: Wheel): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const open = [...HEADERS];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const bytes = await wheel.read(INCLUDE + name);
    found.set(name, bytes);
    for (const [, included] of bytes.toString('utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      const beside = posix.join(posix.dirname(name), included);
      const known = [included, beside].find((candidate) => wheel.has(INCLUDE + candidate));
      if (known) open.push(known);
    }
  }
  return found;
}
