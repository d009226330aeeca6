// Packs the package in the current folder and runs publint and attw on the tarball.
// What is checked is what `npm publish` would send, nothing else.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'lilformer-pack-'));
const run = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
try {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }),
  );
  const tarball = join(folder, packed.filename);
  const paths = packed.files.map((file) => file.path);
  const strays = paths.filter((path) => /\.test\.|tsbuildinfo|\/testing\/|^test-results/.test(path));
  if (strays.length > 0) throw new Error(`${packed.name} would publish ${strays.join(', ')}; mend "files"`);
  for (const needed of ['README.md', 'dist/index.js', 'dist/index.d.ts']) {
    if (!paths.includes(needed)) throw new Error(`${packed.name} would be published without ${needed}`);
  }
  const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const [name, range] of Object.entries(dependencies)) {
    if (/^(file|link|workspace):|^\*$/.test(range)) {
      throw new Error(`${packed.name} depends on ${name} as "${range}", which no registry can resolve`);
    }
  }
  run('npx', 'publint', '--strict', tarball);
  run('npx', 'attw', tarball, '--profile', 'esm-only', '--no-emoji');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
