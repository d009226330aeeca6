// Runs the Rust tests with each instruction set of this processor, and writes their numbers to test-results/cargo.json in
// the format of vitest's report. Without cargo it prints a line and succeeds.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cargoVersion } from './cargo-version.mjs';
import { runTests } from './run-tests.mjs';

const project = resolve(import.meta.dirname, '..');
const report = join(project, 'test-results', 'cargo.json');
rmSync(report, { force: true });

if (cargoVersion() === undefined) {
  console.log('native: no cargo on PATH: Rust tests not run');
} else {
  const built = spawnSync('cargo', ['test', '--locked', '--no-run'], { cwd: project, stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
  // The first run uses the best instruction set.
  const kinds = [undefined, ...(process.arch === 'x64' ? ['avx2'] : []), 'portable'];
  let numPassedTests = 0;
  let numFailedTests = 0;
  let success = true;
  for (const kind of kinds) {
    const run = runTests(['test', '--locked'], kind === undefined ? {} : { LILFORMER_SIMD: kind });
    console.log(
      `native: Rust tests on ${kind ?? 'the best instruction set'}: ${run.passed} passed, ${run.failed} failed`,
    );
    numPassedTests += run.passed;
    numFailedTests += run.failed;
    success &&= run.succeeded;
  }
  mkdirSync(join(project, 'test-results'), { recursive: true });
  writeFileSync(report, JSON.stringify({ numPassedTests, numFailedTests, success }));
  process.exitCode = success ? 0 : 1;
}
