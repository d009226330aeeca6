// Checks format and lint of the Rust sources; without cargo it prints a line and succeeds.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { cargoVersion } from './cargo-version.mjs';

if (cargoVersion() === undefined) {
  console.log('native: no cargo on PATH: Rust sources not checked');
} else {
  for (const args of [
    ['fmt', '--check'],
    ['clippy', '--locked', '--all-targets', '--', '-D', 'warnings'],
  ]) {
    const { status } = spawnSync('cargo', args, {
      cwd: resolve(import.meta.dirname, '..'),
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(1);
  }
}
