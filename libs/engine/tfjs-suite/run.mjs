// Runs tfjs-core's own test suite on `cpu` and on `native`: native must pass what cpu passes. exceptions.json lists, with
// reasons, tests that neither passes and tests that do not apply to native; a stale entry is a failure too.
//
// The suite imports tfjs-core's ES modules, so suite, tfjs-core, cpu and native are bundled into one program with a single
// tfjs-core.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cargoVersion } from '../scripts/cargo-version.mjs';
import { compare } from './compare.mjs';

const project = resolve(import.meta.dirname, '..');
const built = join(project, 'build/lilformer-native.node');
const library = process.env.LILFORMER_NATIVE_LIBRARY || (existsSync(built) ? built : undefined);
const report = join(project, 'test-results/tfjs-suite.json');
rmSync(report, { force: true });

if (library === undefined) {
  const required = Boolean(process.env.CI) && cargoVersion() !== undefined;
  console.log(`tfjs-core's suite ${required ? 'cannot' : 'does not'} run: the native addon is missing`);
  process.exit(required ? 1 : 0);
}

const work = mkdtempSync(join(tmpdir(), 'lilformer-suite-'));
let problems;
try {
  await bundle();
  const cpu = run('cpu');
  const native = run('native');
  const exceptions = JSON.parse(readFileSync(join(import.meta.dirname, 'exceptions.json'), 'utf8'));
  const result = compare(cpu, native, exceptions);
  problems = result.problems;
  for (const problem of problems) console.error(problem);
  console.log(`tfjs-core's suite on native: ${result.passed} passed, ${result.failed} failed`);
  mkdirSync(join(project, 'test-results'), { recursive: true });
  // In the format of vitest's report.
  writeFileSync(
    report,
    JSON.stringify({
      numPassedTests: result.passed,
      numFailedTests: result.failed,
      success: problems.length === 0,
      problems,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = problems.length === 0 ? 0 : 1;

/** Replaces src/tf.ts, whose `require` would load a second tfjs-core. */
function importTensorFlow() {
  return {
    name: 'import-tensorflow',
    setup(build) {
      build.onLoad({ filter: /native[\\/]src[\\/]tf\.ts$/ }, () => ({
        contents: `
          export * as tf from '@tensorflow/tfjs-core';
          export * as cpu from '@tensorflow/tfjs-backend-cpu';`,
        loader: 'js',
        resolveDir: import.meta.dirname,
      }));
    },
  };
}

function bundle() {
  return build({
    entryPoints: [join(import.meta.dirname, 'entry.mjs')],
    outfile: join(work, 'suite.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    ignoreAnnotations: true, // the tests are marked as free of side effects
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
    logLevel: 'warning',
    plugins: [importTensorFlow()],
  });
}

/** The result of each test: true, or why it failed. */
function run(backend) {
  const file = join(work, `${backend}.json`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(work, 'suite.cjs')], {
    env: {
      ...process.env,
      LILFORMER_NATIVE_LIBRARY: library,
      TFJS_SUITE_BACKEND: backend,
      TFJS_SUITE_REPORT: file,
    },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!existsSync(file))
    throw new Error(`the suite did not end on ${backend} (exit ${status})\n${stdout}${stderr}`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
