// Runs cargo's tests and reads the number of passed tests from the output.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const project = resolve(import.meta.dirname, '..');

/**
 * @param {string[]} args of cargo
 * @param {Record<string, string>} variables beside those of this process
 * @returns {{ passed: number; failed: number; succeeded: boolean }} failures are printed
 */
export function runTests(args, variables) {
  const { status, stdout, stderr } = spawnSync('cargo', args, {
    cwd: project,
    encoding: 'utf8',
    // Sequentially: some tests change the number of threads of the global pool.
    env: { ...process.env, RUST_TEST_THREADS: '1', ...variables },
    maxBuffer: 2 ** 28,
  });
  const output = stdout ?? '';
  if (status !== 0) console.error(`${output}\n${stderr ?? ''}`);
  let passed = 0;
  let failed = 0;
  for (const [, of, not] of output.matchAll(/^test result: .*? (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(of);
    failed += Number(not);
  }
  return { passed, failed, succeeded: status === 0 && passed > 0 };
}
