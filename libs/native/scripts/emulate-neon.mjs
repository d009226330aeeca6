// Runs the Rust tests for 64-bit ARM under qemu on another processor: the NEON code, in several minutes.
//
// Needs cargo, qemu-aarch64 and aarch64-linux-gnu-gcc (Debian's qemu-user, gcc-aarch64-linux-gnu and libc6-dev-arm64-cross), and
// std for the target: `rustup target add aarch64-unknown-linux-gnu`, or a rustc with std's sources that LILFORMER_WASM_RUSTC names.
import { spawnSync } from 'node:child_process';
import { runTests } from './run-tests.mjs';

const TARGET = 'aarch64-unknown-linux-gnu';
const missing = ['cargo', 'qemu-aarch64', 'aarch64-linux-gnu-gcc'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
);
if (missing.length > 0) {
  console.error(`native: ${missing.join(', ')} not found. Expected them on the PATH to emulate NEON.`);
  process.exit(1);
}

const rustc = process.env.LILFORMER_WASM_RUSTC;
const { passed, succeeded } = runTests(
  [
    ...['test', '--release', '--locked', '--lib', '-p', 'lilformer-kernels', '--target', TARGET],
    ...(rustc ? ['-Zbuild-std=std,panic_unwind,test'] : []),
  ],
  {
    ...(rustc && { RUSTC: rustc, RUSTC_BOOTSTRAP: '1' }),
    LILFORMER_SIMD: 'neon', // no processes of their own for lesser instruction sets, which qemu does not start
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER: 'aarch64-linux-gnu-gcc',
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER: 'qemu-aarch64 -L /usr/aarch64-linux-gnu',
  },
);
console.log(
  `native: Rust tests on NEON, emulated: ${passed} ${succeeded ? 'passed' : 'passed, and some failed'}`,
);
process.exitCode = succeeded ? 0 : 1;
