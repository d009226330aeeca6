// The whole verification, as `npm test` and CI run it: formatting, lint, types, builds, tests, the
// commands and code blocks of the documents, packages, unused code, changesets, and every library installed from
// a registry into an empty project. Goes on after a failure, so that one run tells everything, and
// closes with the sum of the test runner's own reports: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unexpectedSkips } from './skipped-tests.mjs';

const root = resolve(import.meta.dirname, '../../..');
const env = { ...process.env, NX_DAEMON: 'false', FORCE_COLOR: process.env.FORCE_COLOR ?? '0' };

const projects = ['libs', 'apps', 'tools']
  .flatMap((kind) => readdirSync(join(root, kind)).map((name) => join(root, kind, name)))
  .filter((folder) => existsSync(join(folder, 'package.json'))); // tools/nx is a plugin, not a project
/** The reports in a project: vitest's, and others in the fields of vitest's. */
function reportsOf(project) {
  const folder = join(project, 'test-results');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
}
for (const project of projects) for (const file of reportsOf(project)) rmSync(file);

const failed = [];
function step(name, command, ...args) {
  const start = Date.now();
  console.log(`\n=== ${name}: ${[command, ...args].join(' ')}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32', // npx is npx.cmd there, which only a shell runs
  });
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(
    `=== ${name}: ${status === 0 ? 'ok' : `failed (${error?.message ?? `exit ${status}`})`}, ${seconds} s`,
  );
  if (status !== 0) failed.push(name);
}

const many = ['nx', 'run-many', '--parallel=2', '--output-style=stream', '-t'];
step('formatting', 'npx', 'prettier', '--check', '--log-level', 'warn', '.');
// All projects at once: each alone would read those that it imports once more.
step('lint', 'npx', 'eslint', '.');
step('types', 'npx', 'tsc', '-p', 'tsconfig.check.json');
step('lint of Rust', 'npx', 'nx', 'run', 'native:cargo-lint');
step('generated code', 'node', 'libs/native/scripts/generate-calls.mjs', '--check');
step('WebAssembly binaries', 'node', 'libs/wasm/scripts/build-library.mjs', '--check');
step('bundles for browsers', 'node', 'tools/checks/src/browser-bundle.mjs');
step('builds and tests', 'npx', ...many, 'build', 'test', 'tfjs-suite');
step('commands of the notebooks', 'node', 'tools/checks/src/notebooks.mjs');
step('code blocks of documents', 'node', 'tools/checks/src/docs-blocks.mjs');

step('damaged files', 'npx', 'nx', 'run', 'checks:hostile', '--cases', '300');
step('links of documents', 'node', 'tools/checks/src/doc-links.mjs');
step('packages', 'npx', ...many, 'package-check');
step('unused code', 'npx', 'knip');
step('changesets', 'npx', 'changeset', 'status');
step('installed from a registry', 'node', 'tools/checks/src/installed.mjs');

let passed = 0;
let broken = 0;
for (const project of projects) {
  const { scripts = {} } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const files = reportsOf(project);
  if (scripts.test && !files.some((file) => file.endsWith('vitest.json'))) {
    failed.push(`${project} left no test report`);
  }
  for (const file of files) {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    broken += report.numFailedTests;
    // A suite that could not be loaded has no failed test of its own, and is a failure all the same.
    if (!report.success && report.numFailedTests === 0) failed.push(`${file}: some tests did not run`);
    if (report.numPassedTests === 0) failed.push(`${file}: no test passed`);
    if (file.endsWith('vitest.json')) {
      for (const id of unexpectedSkips(report)) failed.push(`skipped without a reason: ${id}`);
    }
  }
}

console.log(failed.length === 0 ? '\nAll steps held.' : `\nFailed: ${failed.join('; ')}`);
console.log(`${passed} passed, ${broken} failed`);
process.exitCode = failed.length === 0 && broken === 0 && passed > 0 ? 0 : 1;
