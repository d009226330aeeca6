// Runs tfjs-core's own test suite on `cpu` and on the engines over kernels, which must pass what cpu passes. exceptions.json
// lists, with reasons, tests that neither passes and tests that apply to cpu alone; a stale entry is a failure too.
//
// `--all` also runs the WebAssembly engine's other binary and thread counts, and the JavaScript reference of the kernels.
//
// The suite imports tfjs-core's ES modules, so suite, tfjs-core, cpu and the engine are bundled into one program with a single
// tfjs-core.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cargoVersion } from '../../native/scripts/cargo-version.mjs';
import { compare } from './compare.mjs';

const project = resolve(import.meta.dirname, '..');
const built = resolve(project, '../native/build/lilformer-native.node');
const library = process.env.LILFORMER_NATIVE_LIBRARY || (existsSync(built) ? built : undefined);
const report = join(project, 'test-results/tfjs-suite.json');
rmSync(report, { force: true });

const wasm = (variant, threads) => ({
  name: `wasm, ${variant}, ${threads} thread${threads === 1 ? '' : 's'}`,
  env: { TFJS_SUITE_BACKEND: 'wasm', LILFORMER_WASM: variant, LILFORMER_THREADS: String(threads) },
});
const engines = [wasm('simd128', 2)];
if (library !== undefined) {
  const env = { TFJS_SUITE_BACKEND: 'native', LILFORMER_NATIVE_LIBRARY: library };
  engines.unshift({ name: 'native', env });
} else if (process.env.CI && cargoVersion() !== undefined) {
  console.log("tfjs-core's suite cannot run on native: the addon is missing");
  process.exit(1);
} else {
  console.log("tfjs-core's suite does not run on native: the addon is missing");
}
if (process.argv.includes('--all')) {
  engines.push(wasm('simd128', 1), { name: 'reference', env: { TFJS_SUITE_BACKEND: 'reference' } });
  // Node 20 does not validate relaxed SIMD.
  if (Number(process.versions.node.split('.')[0]) >= 22)
    engines.push(wasm('relaxed-simd', 1), wasm('relaxed-simd', 2));
}

const work = mkdtempSync(join(tmpdir(), 'lilformer-suite-'));
const problems = [];
let [numPassedTests, numFailedTests] = [0, 0];
try {
  await bundle();
  const cpu = run({ name: 'cpu', env: { TFJS_SUITE_BACKEND: 'cpu' } });
  const exceptions = JSON.parse(readFileSync(join(import.meta.dirname, 'exceptions.json'), 'utf8'));
  for (const engine of engines) {
    const result = compare(cpu, run(engine), exceptions);
    for (const problem of result.problems) console.error(`${engine.name}: ${problem}`);
    console.log(`tfjs-core's suite on ${engine.name}: ${result.passed} passed, ${result.failed} failed`);
    problems.push(...result.problems);
    numPassedTests += result.passed;
    numFailedTests += result.failed;
  }
  mkdirSync(join(project, 'test-results'), { recursive: true });
  // In the format of vitest's report.
  const success = problems.length === 0;
  writeFileSync(report, JSON.stringify({ numPassedTests, numFailedTests, success, problems }));
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = problems.length === 0 ? 0 : 1;

/** Replaces the files that load TensorFlow.js by `require`, which would be a second tfjs-core. */
function importTensorFlow() {
  return {
    name: 'import-tensorflow',
    setup(build) {
      const replace = (filter, contents) =>
        build.onLoad({ filter }, () => ({ contents, loader: 'js', resolveDir: import.meta.dirname }));
      replace(/platform[\\/]tensorflow\.node\.ts$/, "export * as tf from '@tensorflow/tfjs-core';");
      replace(/platform[\\/]cpu\.node\.ts$/, "export * as cpu from '@tensorflow/tfjs-backend-cpu';");
      // Files beside these are read.
      build.onLoad({ filter: /(native|wasm)[\\/]src[\\/](load|platform\.node)\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replaceAll(
          'import.meta.url',
          JSON.stringify(pathToFileURL(path).href),
        ),
        loader: 'ts',
      }));
    },
  };
}

function bundle() {
  return build({
    entryPoints: [join(import.meta.dirname, 'entry.mjs')],
    outfile: join(work, 'suite.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@lilformer/source', 'node'],
    banner: {
      js: "import { createRequire as create } from 'node:module'; const require = create(import.meta.url);",
    },
    mainFields: ['module', 'main'],
    ignoreAnnotations: true, // the tests are marked as free of side effects
    logLevel: 'warning',
    plugins: [importTensorFlow()],
  });
}

/** The result of each test: true, or why it failed. */
function run({ name, env }) {
  const file = join(work, 'report.json');
  rmSync(file, { force: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(work, 'suite.mjs')], {
    env: { ...process.env, ...env, TFJS_SUITE_REPORT: file },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!existsSync(file))
    throw new Error(`the suite did not end on ${name} (exit ${status})\n${stdout}${stderr}`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
