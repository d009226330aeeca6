// Checks the Rust code for undefined behavior:
// - AddressSanitizer (nightly toolchain, Linux or macOS): all tests with each instruction set of this processor;
// - Miri (nightly component): tests of small sizes on portable code.
// Fails if something is found, or if there is cargo but no nightly toolchain.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { cargoVersion } from './cargo-version.mjs';
import { runTests } from './run-tests.mjs';

/** Tests that are small enough for Miri. */
const FOR_MIRI = ['buffers::', 'kernels::recurrent::', 'blocks_are_transposed'];

const folder = resolve(import.meta.dirname, '../target');
const target = /^host: (.*)$/m.exec(spawnSync('rustc', ['-vV'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const has = (...args) => spawnSync('cargo', args, { encoding: 'utf8' }).status === 0;

if (cargoVersion() === undefined) {
  console.log('native: no cargo on PATH: sanitizers not run');
  process.exit(0);
}
if (!has('+nightly', '--version')) {
  console.error('native: sanitizers need a nightly toolchain: rustup toolchain install nightly');
  process.exit(1);
}

const failed = [];
function run(what, args, variables) {
  console.log(`=== ${what}`);
  const { passed, succeeded } = runTests(args, variables);
  console.log(`=== ${what}: ${passed} tests ${succeeded ? 'clean' : 'passed, with findings'}`);
  if (!succeeded) failed.push(what);
}

if (process.platform === 'win32') {
  console.log('=== AddressSanitizer: not on Windows');
} else {
  const kinds = process.arch === 'x64' ? ['avx512', 'avx2', 'portable'] : ['neon', 'portable'];
  for (const kind of kinds) {
    run(
      `AddressSanitizer, ${kind} or the best below it`,
      ['+nightly', 'test', '--locked', '--lib', '--target', target],
      {
        LILFORMER_SIMD: kind,
        CARGO_TARGET_DIR: `${folder}/address`,
        RUSTFLAGS: '-Zsanitizer=address',
        ASAN_OPTIONS: 'detect_leaks=0', // threads and spare buffers live until the process exits
      },
    );
  }
}
if (has('+nightly', 'miri', '--version')) {
  run('Miri, portable', ['+nightly', 'miri', 'test', '--locked', '--lib', '--', ...FOR_MIRI], {
    LILFORMER_SIMD: 'portable',
    CARGO_TARGET_DIR: `${folder}/miri`,
    MIRIFLAGS: '-Zmiri-disable-isolation -Zmiri-ignore-leaks',
  });
} else {
  console.log('=== Miri: not installed (rustup component add --toolchain nightly miri rust-src)');
}
console.log(failed.length === 0 ? 'native: no findings' : `native: findings: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
