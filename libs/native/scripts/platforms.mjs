// The platforms with prebuilt packages `@lilformer/native-<platform>`: Rust target, npm fields, and library header.

/**
 * `machine` is the processor's number in the library's header: e_machine of ELF, the CPU type of Mach-O, Machine of PE.
 * @typedef {{ target: string, os: string, cpu: string, libc?: string, format: 'elf' | 'mach-o' | 'pe', machine: number }} Platform
 */

/** @type {Record<string, Platform>} */
export const PLATFORMS = {
  'linux-x64-gnu': {
    target: 'x86_64-unknown-linux-gnu',
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    format: 'elf',
    machine: 0x3e,
  },
  'linux-x64-musl': {
    target: 'x86_64-unknown-linux-musl',
    os: 'linux',
    cpu: 'x64',
    libc: 'musl',
    format: 'elf',
    machine: 0x3e,
  },
  'linux-arm64-gnu': {
    target: 'aarch64-unknown-linux-gnu',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    format: 'elf',
    machine: 0xb7,
  },
  'darwin-arm64': {
    target: 'aarch64-apple-darwin',
    os: 'darwin',
    cpu: 'arm64',
    format: 'mach-o',
    machine: 0x0100000c,
  },
  'darwin-x64': {
    target: 'x86_64-apple-darwin',
    os: 'darwin',
    cpu: 'x64',
    format: 'mach-o',
    machine: 0x01000007,
  },
  'win32-x64': {
    target: 'x86_64-pc-windows-msvc',
    os: 'win32',
    cpu: 'x64',
    format: 'pe',
    machine: 0x8664,
  },
};

/** The oldest glibc that Node 20 supports: the newest that a library may require. */
export const GLIBC = '2.28';

/** The platform of this process, named as in src/load.ts. */
export function thisPlatform() {
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl';
  return [process.platform, process.arch, ...(process.platform === 'linux' ? [libc] : [])].join('-');
}

/** The name of a platform's package. */
export const packageName = (platform) => `@lilformer/native-${platform}`;
