// Finds skipped tests that had no reason to be skipped. `node tools/checks/src/skipped-tests.mjs` checks the last reports.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(import.meta.dirname, '../../..');
const runs = (command) => spawnSync(command, ['--version']).status === 0;

/** Tests that may skip, and whether they may here: what they need is missing. CONTRIBUTING.md lists the same. */
const ALLOWED = [
  {
    tests: /^libs\//,
    needs: 'the native addon or cargo',
    missing: () => !runs('cargo') && !existsSync(join(root, 'libs/native/build/lilformer-native.node')),
  },
  {
    tests: /^libs\/plots\/.*\/page\.test\.ts: /,
    needs: 'Chromium or Chrome',
    missing: () => !['chromium', 'chromium-browser', 'google-chrome'].some(runs),
  },
  {
    tests: /^libs\/engine\/.*\/wheel\.test\.ts: /,
    needs: 'python3',
    missing: () => !runs('python3'),
  },
  {
    tests: /^libs\/command-line\/.*\/completion\.test\.ts: /,
    needs: 'bash, zsh and fish',
    missing: () => !['bash', 'zsh', 'fish'].every(runs),
  },
  {
    tests: /^tools\/bench\/.*\/child\.test\.ts: /,
    needs: 'Linux',
    missing: () => process.platform !== 'linux',
  },
  {
    tests: /^libs\/(checkpoints\/.*\/json-file|command-line\/.*\/program)\.test\.ts: /,
    needs: 'named pipes and signals',
    missing: () => process.platform === 'win32',
  },
  {
    tests: /^tools\/bench\/.*\/agreement-peer\.test\.ts: /,
    needs: 'LILFORMER_PYTHON, a Python with torch',
    missing: () => !process.env.LILFORMER_PYTHON,
  },
];

/**
 * Returns the skipped tests of a vitest report that no entry of ALLOWED excuses. A test that passed on one engine may be
 * skipped on the others.
 */
export function unexpectedSkips(report) {
  const tests = (report.testResults ?? []).flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      id: `${relative(root, name).replaceAll('\\', '/')}: ${fullName}`,
      status,
    })),
  );
  const passed = new Set(tests.filter(({ status }) => status === 'passed').map(({ id }) => id));
  const skipped = tests.filter(
    ({ id, status }) => status !== 'passed' && status !== 'failed' && !passed.has(id),
  );
  return [...new Set(skipped.map(({ id }) => id))].filter(
    (id) => !ALLOWED.some(({ tests, missing }) => tests.test(id) && missing()),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let count = 0;
  for (const kind of ['libs', 'apps', 'tools']) {
    for (const project of readdirSync(join(root, kind))) {
      const path = join(root, kind, project, 'test-results/vitest.json');
      if (!existsSync(path)) continue;
      for (const id of unexpectedSkips(JSON.parse(readFileSync(path, 'utf8')))) {
        console.log(id);
        count++;
      }
    }
  }
  console.log(`${count} skipped without a reason`);
  process.exitCode = count > 0 ? 1 : 0;
}
