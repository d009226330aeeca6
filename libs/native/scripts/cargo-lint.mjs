// Formatting and lint of the Rust sources; where there is no cargo it says so and succeeds.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { cargoVersion } from './cargo-version.mjs';

if (cargoVersion() === undefined) {
  console.log('native: no cargo on PATH, so the Rust sources are not looked at');
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
