// Builds the binaries in prebuilt from libs/native/rust, with std for threads, which needs its sources: a toolchain that
// LILFORMER_WASM_RUSTC names (the path of a rustc whose sysroot has them), or rustup's nightly with rust-src.
//
// `--check` fails if the Rust sources have changed since the binaries were built, or the binaries are not those of the manifest.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';

const project = resolve(import.meta.dirname, '..');
const rust = resolve(project, '../native');
const prebuilt = join(project, 'prebuilt');
const manifestFile = join(prebuilt, 'manifest.json');
const TARGET = 'wasm32-unknown-unknown';

/** The features of the crate. */
const VARIANTS = { simd128: [], 'relaxed-simd': ['relaxed'] };

/** 2^16 pages: all that addresses of 32 bits reach. */
const LINK = [
  '--shared-memory',
  '--import-memory',
  '--max-memory=4294967296',
  ...['__stack_pointer', '__wasm_init_tls', '__tls_size', '__tls_align'].map((name) => `--export=${name}`),
];

const FLAGS = [
  '-Cpanic=unwind',
  '-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals,+simd128',
  ...LINK.map((argument) => `-Clink-arg=${argument}`),
];

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A hash of all that the binaries are made of, whose line ends are those of the repository. */
function sourcesHash() {
  const folders = ['rust/kernels', 'rust/relaxed', 'rust/wasm'].map((folder) => join(rust, folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const all = [join(rust, 'Cargo.toml'), join(rust, 'Cargo.lock'), ...files].map((file) => [
    relative(rust, file).replaceAll('\\', '/'),
    readFileSync(file, 'utf8').replaceAll('\r\n', '\n'),
  ]);
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  return hash(JSON.stringify([FLAGS, VARIANTS, all]));
}

function check() {
  const { sources, binaries } = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const faults = Object.entries(binaries)
    .filter(([name, { sha256 }]) => hash(readFileSync(join(prebuilt, name))) !== sha256)
    .map(([name]) => `prebuilt/${name}: not the file of manifest.json`);
  if (sources !== sourcesHash()) faults.push('prebuilt: older than the Rust sources');
  for (const fault of faults) console.error(`wasm: ${fault}. Run npx nx run wasm:build-library`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

/** Environment and arguments of cargo; undefined without a toolchain that builds std. */
function toolchain() {
  const named = process.env.LILFORMER_WASM_RUSTC;
  const run = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' });
  if (named) {
    const version = run(named, '--version').stdout?.trim();
    if (!version) {
      console.error(`wasm: LILFORMER_WASM_RUSTC ${named}: does not run. Expected the path of a rustc`);
      process.exit(1);
    }
    const sysroot = run(named, '--print', 'sysroot').stdout.trim();
    return { version, sysroot, cargo: [], env: { RUSTC: named, RUSTC_BOOTSTRAP: '1' } };
  }
  const sysroot = run('rustc', '+nightly', '--print', 'sysroot').stdout?.trim();
  if (!sysroot || !existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std'))) return undefined;
  const version = run('rustc', '+nightly', '--version').stdout.trim();
  return { version, sysroot, cargo: ['+nightly'], env: {} };
}

/** The linker of the toolchains that rustup installed. */
function linker() {
  const sysroot = spawnSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).stdout.trim();
  const host = /^host: (.*)$/m.exec(spawnSync('rustc', ['-vV'], { encoding: 'utf8' }).stdout)[1];
  return join(
    sysroot,
    'lib/rustlib',
    host,
    'bin',
    process.platform === 'win32' ? 'rust-lld.exe' : 'rust-lld',
  );
}

/** Builds one binary and returns its path. */
function build(variant, { cargo, env, sysroot }) {
  const folder = join(rust, 'target', `wasm-${variant}`);
  const { status } = spawnSync(
    'cargo',
    [
      ...cargo,
      ...['build', '--release', '--locked', '--package', 'lilformer-wasm', '--target', TARGET],
      ...['-Zbuild-std=std,panic_unwind', '--target-dir', folder, '--features', VARIANTS[variant].join()],
    ],
    {
      cwd: rust,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...env,
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker(),
        CARGO_PROFILE_RELEASE_STRIP: 'symbols',
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '1',
        CARGO_PROFILE_RELEASE_LTO: 'off', // the crates have different target features
        RUSTFLAGS: [
          ...FLAGS,
          // The same bytes wherever they are built.
          `--remap-path-prefix=${rust}=lilformer`,
          `--remap-path-prefix=${join(sysroot, 'lib/rustlib/src/rust')}=rust`,
          `--remap-path-prefix=${process.env.CARGO_HOME ?? join(homedir(), '.cargo')}=cargo`,
        ].join(' '),
      },
    },
  );
  if (status !== 0) process.exit(1);
  return join(folder, TARGET, 'release', 'lilformer_wasm.wasm');
}

if (process.argv.includes('--check')) {
  check();
} else {
  const found = toolchain();
  if (found === undefined) {
    console.error(
      'wasm: no toolchain that builds std. Run rustup toolchain install nightly --component rust-src, or set ' +
        'LILFORMER_WASM_RUSTC to a rustc that has the sources of std',
    );
    process.exit(1);
  }
  mkdirSync(prebuilt, { recursive: true });
  const binaries = {};
  for (const variant of Object.keys(VARIANTS)) {
    const built = build(variant, found);
    const bytes = readFileSync(built);
    const name = `${variant}.wasm`;
    binaries[name] = { bytes: bytes.length, sha256: hash(bytes) };
    copyFileSync(built, join(prebuilt, name));
    console.log(`wasm: prebuilt/${name}: ${bytes.length} bytes`);
  }
  const manifest = { toolchain: found.version, sources: sourcesHash(), binaries };
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}
