// The version of cargo on PATH. As a program it prints it, as the key of Nx's cache of the addon.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** `cargo 1.95.0 (…)` and the platform it compiles for, or undefined where there is none. */
export function cargoVersion() {
  const { status, stdout } = spawnSync('cargo', ['--version', '--verbose'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${cargoVersion() ?? 'no cargo'}, ${process.platform} ${process.arch}`);
}
