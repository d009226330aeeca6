// Builds the addon for this machine: build/lilformer-native.node. Without cargo it prints a line and succeeds: the engine
// then falls back to wasm.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cargoVersion } from './cargo-version.mjs';

const project = resolve(import.meta.dirname, '..');
const folder = join(project, 'build');
const library = join(folder, 'lilformer-native.node');

if (cargoVersion() === undefined) {
  rmSync(library, { force: true }); // an addon of other sources must not stay
  console.log('native: no cargo on PATH: addon not built, the engine falls back to wasm');
} else {
  const { status, stdout, error } = spawnSync(
    'cargo',
    ['build', '--release', '--locked', '--message-format', 'json-render-diagnostics'],
    { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 },
  );
  if (status !== 0) {
    console.error(`native: cargo build failed${error ? `: ${error.message}` : ''}`);
    process.exit(1);
  }
  const built = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ reason, target }) => reason === 'compiler-artifact' && target.kind.includes('cdylib'))
    .flatMap(({ filenames }) => filenames)
    .find((file) => /\.(so|dylib|dll)$/.test(file));
  if (!built) {
    console.error('native: cargo built no shared library; Cargo.toml needs crate-type "cdylib"');
    process.exit(1);
  }
  // Renamed into place, since a running process may have loaded the old one.
  mkdirSync(folder, { recursive: true });
  const temporary = `${library}.${process.pid}`;
  copyFileSync(built, temporary);
  renameSync(temporary, library);
  console.log(`native: ${library}`);
}
