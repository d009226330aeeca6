// Packs the package in the current folder and runs publint and attw on the tarball.
// What is checked is what `npm publish` would send, nothing else. The package must name its licence, its page, its issues and
// its folder in the repository.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'lilformer-pack-'));
// npm and npx are .cmd files on Windows, which only a shell runs.
const shell = process.platform === 'win32';
const path = (name) => (shell ? `"${name}"` : name);
const run = (command, ...args) =>
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], shell });
try {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', path(folder)], {
      encoding: 'utf8',
      shell,
    }),
  );
  const tarball = join(folder, packed.filename);
  const paths = packed.files.map((file) => file.path);
  const strays = paths.filter((path) => /\.test\.|tsbuildinfo|\/testing\/|^test-results/.test(path));
  if (strays.length > 0) throw new Error(`${packed.name} would publish ${strays.join(', ')}; mend "files"`);
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  // A package without an entry is a command.
  const isCommand = !Object.hasOwn(manifest.exports, '.');
  const entries = isCommand
    ? [...Object.values(manifest.bin), 'dist/main.js']
    : ['dist/index.js', 'dist/index.d.ts'];
  for (const needed of ['README.md', 'LICENSE', ...entries]) {
    if (!paths.includes(needed)) throw new Error(`${packed.name} would be published without ${needed}`);
  }
  if (readFileSync('LICENSE', 'utf8') !== readFileSync(join(root, 'LICENSE'), 'utf8'))
    throw new Error(`${packed.name}: LICENSE differs from the repository's. Expected a copy of it.`);
  const whole = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const directory = relative(root, process.cwd()).replaceAll('\\', '/');
  const page = whole.homepage.replace('#readme', '');
  const expected = {
    license: whole.license,
    homepage: `${page}/tree/main/${directory}#readme`,
    bugs: whole.bugs,
    repository: { ...whole.repository, directory },
  };
  for (const [field, value] of Object.entries(expected)) {
    if (!isDeepStrictEqual(manifest[field], value)) {
      const found = JSON.stringify(manifest[field]) ?? 'missing';
      throw new Error(
        `${packed.name}: ${field} in package.json: ${found}. Expected ${JSON.stringify(value)}.`,
      );
    }
  }
  const { dependencies = {} } = manifest;
  for (const [name, range] of Object.entries(dependencies)) {
    if (/^(file|link|workspace):|^\*$/.test(range)) {
      throw new Error(`${packed.name} depends on ${name} as "${range}", which no registry can resolve`);
    }
  }
  run('npx', 'publint', '--strict', path(tarball));
  if (!isCommand) run('npx', 'attw', path(tarball), '--profile', 'esm-only', '--no-emoji');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
